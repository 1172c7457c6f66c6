import type { Configuration } from '../config/schema.js';
import { readSecret } from '../config/secrets.js';
import { openStore } from '../stores/open-store.js';
import type { Store } from '../stores/store.js';

/**
 * Opens the configured stores, the primary first, with their credentials read from their files.
 *
 * @throws OperationError `InvalidConfiguration` when a credential cannot be read
 */
export async function openStores({ stores }: Pick<Configuration, 'stores'>): Promise<[Store, ...Store[]]> {
  const opened = await Promise.all(
    stores.map(async (store) => {
      const { accessKeyIdFile, secretAccessKeyFile } = store;
      if (accessKeyIdFile === undefined || secretAccessKeyFile === undefined) return openStore(store);
      return openStore(store, {
        accessKeyId: await readSecret(accessKeyIdFile, `access key id of store ${store.url}`),
        secretAccessKey: await readSecret(secretAccessKeyFile, `secret access key of store ${store.url}`),
      });
    }),
  );
  return opened as [Store, ...Store[]]; // the schema asks for one at least
}
