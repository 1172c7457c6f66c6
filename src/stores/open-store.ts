import { fileURLToPath } from 'node:url';
import { OperationError } from '../model/failures.js';
import { nameOfStore, storeUrlForms, type StoreConfiguration } from '../model/store-configuration.js';
import { openDirectoryStore } from './directory.js';
import type { ObjectLock, Store } from './store.js';

/** The contents of the files that a store's configuration names; for what is not there, the SDK's own chain. */
export interface StoreSecrets {
  accessKeyId?: string;
  secretAccessKey?: string;
  connectionString?: string;
  sasToken?: string;
  /** JSON. */
  credentials?: string;
}

/**
 * What is smaller stays in the bucket's own class: others bill it as if it had this size, and some for a month at least.
 *
 * @see https://aws.amazon.com/s3/storage-classes/ (S3 Standard-IA, S3 Glacier Instant Retrieval)
 */
const CHEAPER_FROM_BYTES = 128 * 1024;

/**
 * Opens a configured store. Nothing is sent or read yet: `check` does that. A cloud's SDK is loaded for a store that is
 * there, and for no other.
 *
 * @param lockUntil - until when an object that is written now is locked, where the store is to lock
 * @throws OperationError `InvalidConfiguration` for a URL of no known kind, or a secret that cannot be one
 */
export async function openStore(
  configuration: StoreConfiguration,
  secrets: StoreSecrets = {},
  lockUntil: ObjectLock['untilOf'] = () => undefined,
): Promise<Store> {
  const { url, storageClass, endpoint } = configuration;
  const name = nameOfStore(configuration);
  if (url.startsWith('file:///')) return openDirectoryStore({ name, directory: fileURLToPath(url) });
  const [, scheme, bucket, path] = /^([a-z0-9]+):\/\/([^/]+)\/?(.*)$/.exec(url) ?? [];
  const place = { name, prefix: path?.replace(/^\/+|\/+$/g, '') ?? '', endpoint };
  const storageClassOf = (key: string, bytes: number) => {
    if (bytes < CHEAPER_FROM_BYTES) return undefined;
    return key.startsWith('wal/') ? storageClass?.wal : storageClass?.backups;
  };
  const lock = configuration.lock && { ...configuration.lock, untilOf: lockUntil };
  if (scheme === 's3') {
    const { openS3Store } = await import('./s3.js');
    const { region, forcePathStyle, serverSideEncryption } = configuration;
    const { accessKeyId, secretAccessKey } = secrets;
    const credentials = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
    const settings = { region, forcePathStyle, serverSideEncryption, storageClassOf, lock };
    return openS3Store({ ...place, ...settings, bucket: bucket!, credentials });
  }
  if (scheme === 'azure') {
    const { openAzureStore } = await import('./azure.js');
    return openAzureStore({ ...place, storageClassOf, lock, container: bucket!, credentials: secrets });
  }
  if (scheme === 'gs') {
    const { openGcsStore } = await import('./gcs.js');
    return openGcsStore({
      ...place,
      storageClassOf,
      lock,
      bucket: bucket!,
      credentials: secrets.credentials,
    });
  }
  throw new OperationError(
    'InvalidConfiguration',
    `The url of store "${name}" is of no known kind; use ${storeUrlForms}.`,
  );
}
