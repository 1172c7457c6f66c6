import { Storage, type Bucket, type StorageOptions } from '@google-cloud/storage';
import { OperationError } from '../model/failures.js';
import { toGcsError } from './gcs-errors.js';

/** Where a Google Cloud Storage store is, and how it is spoken to. */
export interface GcsAddress {
  name: string;
  bucket: string;
  /** What all objects' names begin with, without slashes at its ends; empty for none. */
  prefix: string;
  /** For anything but Google's own; without TLS no credentials are sent to it. */
  endpoint?: string | undefined;
  /** The JSON that Google made for an account; default: application default credentials. */
  credentials?: string | undefined;
}

/** One bucket, and the keys in it below the store's prefix. */
export interface GcsConnection {
  readonly name: string;
  /** `gs://bucket/prefix` */
  readonly url: string;
  readonly bucket: Bucket;
  /** The object's name for a key of the store, or the beginning of its name for the beginning of a key. */
  toObjectName(key: string): string;
  toKey(objectName: string): string;
  /**
   * Sends a request. It rejects with the signal's own reason once that is aborted, else with an `OperationError` whose
   * cause is the SDK's. The SDK itself cannot be interrupted: a request that was sent ends by itself.
   */
  ask<T>(signal: AbortSignal, request: (stop: AbortSignal) => Promise<T>): Promise<T>;
  /** An error of the SDK as one that an operator can act on. */
  readonly toError: (error: unknown) => OperationError;
}

/** A request that has no answer after so many milliseconds is a failure: the largest part needs 0.5 Mbit/s for this. */
const ANSWER_MS = 300_000;

/**
 * Makes the connection; nothing is sent yet. Each request is tried up to three times, as with the other stores.
 *
 * @throws OperationError `InvalidConfiguration` for credentials that are not JSON
 */
export function connectToGcs(address: GcsAddress): GcsConnection {
  const { name, bucket, prefix, endpoint, credentials } = address;
  const storage = new Storage({
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint }),
    ...(credentials === undefined ? {} : { credentials: parseCredentials(name, credentials) }),
    useAuthWithCustomEndpoint: !endpoint?.startsWith('http:'),
    retryOptions: { maxRetries: 2 },
  });
  const start = prefix === '' ? '' : `${prefix}/`;
  const store = { name, url: `gs://${bucket}/${prefix}` };
  const toError = (error: unknown) => toGcsError(store, error);
  return {
    ...store,
    bucket: storage.bucket(bucket),
    toObjectName: (key) => start + key,
    toKey: (objectName) => objectName.slice(start.length),
    toError,
    async ask(signal, request) {
      signal.throwIfAborted();
      const stop = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
      try {
        return await Promise.race([request(stop), rejectOnAbort(stop)]);
      } catch (error) {
        signal.throwIfAborted();
        throw toError(error);
      }
    },
  };
}

function parseCredentials(name: string, json: string): NonNullable<StorageOptions['credentials']> {
  try {
    return JSON.parse(json) as NonNullable<StorageOptions['credentials']>;
  } catch {
    // The parser's error may hold a part of it.
    throw new OperationError(
      'InvalidConfiguration',
      `The credentialsFile of store "${name}" holds no JSON; write there what Google made for the account.`,
    );
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
