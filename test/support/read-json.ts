import type { Store } from '../../src/stores/store.js';

/** A JSON document of a store, which must be there. */
export async function readJson(store: Store, key: string): Promise<unknown> {
  const document = await store.getDocument(key, new AbortController().signal);
  if (!document) throw new Error(`${key} is not in the store`);
  return JSON.parse(document.toString());
}
