import type { TokenCredential } from '@azure/identity';
import {
  BlobServiceClient,
  type BlockBlobClient,
  type ContainerClient,
  type StoragePipelineOptions,
} from '@azure/storage-blob';
import { OperationError } from '../model/failures.js';
import { toAzureError } from './azure-errors.js';

/** How an Azure store proves who it is: one of the two, or neither for the Azure SDK's own chain. */
export interface AzureCredentials {
  /** Also says where the account is. */
  connectionString?: string | undefined;
  /** A shared access signature, with or without its question mark. */
  sasToken?: string | undefined;
}

/** Where an Azure store is, and how it is spoken to. */
export interface AzureAddress {
  name: string;
  container: string;
  /** What all blobs' names begin with, without slashes at its ends; empty for none. */
  prefix: string;
  /** The storage account's URL; needed without a connection string. */
  endpoint?: string | undefined;
  credentials: AzureCredentials;
}

/** One container, and the keys in it below the store's prefix. */
export interface AzureConnection {
  readonly name: string;
  /** `azure://container/prefix` */
  readonly url: string;
  readonly container: ContainerClient;
  /** The blob for a key of the store; nothing is asked of it yet. */
  blobOf(key: string): BlockBlobClient;
  /** The blob's name for a key of the store, or the beginning of its name for the beginning of a key. */
  toBlobName(key: string): string;
  toKey(blobName: string): string;
  /**
   * Sends a request. It rejects with the signal's own reason once that is aborted, else with an `OperationError` whose
   * cause is the SDK's.
   */
  ask<T>(signal: AbortSignal, request: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T>;
  /** An error of the SDK as one that an operator can act on. */
  readonly toError: (error: unknown) => OperationError;
}

/** A request that has no answer after so many milliseconds is a failure: the largest part needs 0.5 Mbit/s for this. */
const ANSWER_MS = 300_000;

/** Each request is tried up to three times, as with the other stores. */
const options: StoragePipelineOptions = { retryOptions: { maxTries: 3, retryDelayInMs: 1000 } };

/**
 * Makes the connection; nothing is sent yet.
 *
 * @throws OperationError `InvalidConfiguration` for something that is no connection string
 */
export function connectToAzure({ name, container, prefix, ...address }: AzureAddress): AzureConnection {
  const store = { name, url: `azure://${container}/${prefix}` };
  const service = openService(name, address);
  const client = service.getContainerClient(container);
  const start = prefix === '' ? '' : `${prefix}/`;
  const toError = (error: unknown) => toAzureError(store, error, client.url);
  return {
    ...store,
    container: client,
    blobOf: (key) => client.getBlockBlobClient(start + key),
    toBlobName: (key) => start + key,
    toKey: (blobName) => blobName.slice(start.length),
    toError,
    async ask(signal, request) {
      signal.throwIfAborted();
      try {
        return await request({ abortSignal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
      } catch (error) {
        signal.throwIfAborted();
        throw toError(error);
      }
    },
  };
}

function openService(
  name: string,
  { endpoint, credentials }: Pick<AzureAddress, 'endpoint' | 'credentials'>,
): BlobServiceClient {
  const { connectionString, sasToken } = credentials;
  if (connectionString === undefined) {
    const url = endpoint!.replace(/\/+$/, '');
    if (sasToken === undefined) return new BlobServiceClient(url, new LazyCredential(), options);
    return new BlobServiceClient(`${url}?${sasToken.replace(/^\?/, '')}`, undefined, options);
  }
  try {
    return BlobServiceClient.fromConnectionString(connectionString, options);
  } catch {
    // The SDK's error may hold a part of it.
    throw new OperationError(
      'InvalidConfiguration',
      `The connectionStringFile of store "${name}" holds no connection string; write there what the portal shows under "Access keys".`,
    );
  }
}

/**
 * What the Azure SDK finds: environment, workload identity, managed identity, the logins of its tools. Loaded when it is
 * first asked for a token, because nobody else needs so large a library.
 */
class LazyCredential implements TokenCredential {
  #found: Promise<TokenCredential> | undefined;

  async getToken(...request: Parameters<TokenCredential['getToken']>) {
    this.#found ??= import('@azure/identity').then(
      ({ DefaultAzureCredential }) => new DefaultAzureCredential(),
    );
    return await (await this.#found).getToken(...request);
  }
}
