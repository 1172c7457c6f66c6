import { readFromStores } from '../catalogue/read-from-stores.js';
import type { Artifact } from '../model/manifest.js';
import type { Store, TransferOptions } from '../stores/store.js';
import { downloadArtifact } from './download-artifact.js';

/**
 * Fetches an artifact from the first of several stores that has it whole, as {@link downloadArtifact} does from one.
 *
 * @returns why stores were passed over, one sentence each
 */
export async function downloadFromStores(
  stores: readonly Store[],
  artifact: Artifact,
  file: string,
  options: TransferOptions,
): Promise<string[]> {
  const { passedOver } = await readFromStores(stores, options.signal, (store) =>
    downloadArtifact(store, artifact, file, options),
  );
  return passedOver;
}
