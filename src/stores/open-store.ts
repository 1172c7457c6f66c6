import { fileURLToPath } from 'node:url';
import { OperationError } from '../model/failures.js';
import { nameOfStore, storeUrlForms, type StoreConfiguration } from '../model/store-configuration.js';
import { openDirectoryStore } from './directory.js';
import type { S3Credentials } from './s3-connection.js';
import { openS3Store } from './s3.js';
import type { Store } from './store.js';

/**
 * Opens a configured store. Nothing is sent or read yet: `check` does that.
 *
 * @param secrets - the content of `accessKeyIdFile` and `secretAccessKeyFile`; undefined for the AWS SDK's own chain
 * @throws OperationError `InvalidConfiguration` for a URL of no known kind
 */
export function openStore(configuration: StoreConfiguration, secrets?: S3Credentials): Store {
  const { url, storageClass, region, endpoint, forcePathStyle, serverSideEncryption } = configuration;
  const name = nameOfStore(configuration);
  if (url.startsWith('file:///')) return openDirectoryStore({ name, directory: fileURLToPath(url) });
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(url) ?? [];
  if (bucket === undefined)
    throw new OperationError(
      'InvalidConfiguration',
      `The url of store "${name}" is of no known kind; use ${storeUrlForms}.`,
    );
  return openS3Store({
    name,
    bucket,
    prefix: prefix!.replace(/^\/+|\/+$/g, ''),
    region,
    endpoint,
    forcePathStyle,
    credentials: secrets,
    storageClassOf: (key) => (key.startsWith('wal/') ? storageClass?.wal : storageClass?.backups),
    serverSideEncryption,
  });
}
