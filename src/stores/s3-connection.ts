import { S3Client } from '@aws-sdk/client-s3';
import { answerOf, toS3Error } from './s3-errors.js';
import { signWithChecksum } from './s3-signing.js';

/** Credentials for an S3 store. */
export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Where an S3 store is, and how it is spoken to. */
export interface S3Address {
  name: string;
  bucket: string;
  /** What all keys begin with, without slashes at its ends; empty for none. */
  prefix: string;
  /** Default: what the SDK finds; `us-east-1` when there is an `endpoint`. */
  region?: string | undefined;
  /** For anything but Amazon's own. */
  endpoint?: string | undefined;
  /** Default: true when there is an `endpoint`. */
  forcePathStyle?: boolean | undefined;
  /** Default: the SDK's own chain. */
  credentials?: S3Credentials | undefined;
  /** Whether of each object the oldest version is the one; default: the newest. */
  readsOldest?: boolean | undefined;
}

/** The part of an SDK request's options that is set for every request. */
interface RequestOptions {
  abortSignal: AbortSignal;
}

/** One bucket, and the keys in it below the store's prefix. */
export interface S3Connection {
  readonly name: string;
  /** `s3://bucket/prefix` */
  readonly url: string;
  readonly bucket: string;
  readonly readsOldest: boolean;
  /** The object's key in the bucket for a key of the store. */
  toObjectKey(key: string): string;
  /** The store's key for an object's, or undefined when it is not below the prefix. */
  toKey(objectKey: string): string | undefined;
  /**
   * Sends a request. It rejects with the signal's own reason once that is aborted, else with an `OperationError` whose
   * cause is the SDK's.
   */
  ask<T>(signal: AbortSignal, request: (client: S3Client, options: RequestOptions) => Promise<T>): Promise<T>;
}

/** No connection within so many milliseconds is a failure. */
const CONNECT_MS = 10_000;
/** No byte in either direction for so many milliseconds is a failure, too. */
const IDLE_MS = 60_000;

/** Makes the connection; nothing is sent yet. Each request is tried up to three times, as the SDK has it. */
export function connectToS3({ name, bucket, prefix, ...address }: S3Address): S3Connection {
  const { endpoint, credentials } = address;
  const region = address.region ?? (endpoint === undefined ? undefined : 'us-east-1');
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: address.forcePathStyle ?? endpoint !== undefined,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS },
  });
  signWithChecksum(client);
  const start = prefix === '' ? '' : `${prefix}/`;
  const store = { name, url: `s3://${bucket}/${prefix}` };
  return {
    ...store,
    bucket,
    readsOldest: address.readsOldest ?? false,
    toObjectKey: (key) => start + key,
    toKey: (objectKey) => (objectKey.startsWith(start) ? objectKey.slice(start.length) : undefined),
    async ask(signal, request) {
      signal.throwIfAborted();
      try {
        return await request(client, { abortSignal: signal });
      } catch (error) {
        signal.throwIfAborted();
        throw toS3Error(store, error);
      }
    },
  };
}

/**
 * Sends a request that is to write an object only where there is none: the store answers HTTP 412 otherwise. Stores
 * that do not know the condition (501) are sent it without; they were asked for the object before.
 */
export async function askUnlessPresent<T>(
  s3: S3Connection,
  signal: AbortSignal,
  request: (client: S3Client, options: RequestOptions, condition: { IfNoneMatch?: '*' }) => Promise<T>,
): Promise<T> {
  try {
    return await s3.ask(signal, (client, options) => request(client, options, { IfNoneMatch: '*' }));
  } catch (error) {
    if (answerOf(error).status !== 501) throw error;
    return await s3.ask(signal, (client, options) => request(client, options, {}));
  }
}
