import { Readable } from 'node:stream';
import { GetObjectCommand, type StorageClass } from '@aws-sdk/client-s3';
import { connectToS3, type S3Address } from './s3-connection.js';
import { answerOf, toS3Error } from './s3-errors.js';
import { s3Lifecycle } from './s3-lifecycle.js';
import {
  headObject,
  listObjects,
  locateObject,
  probeBucket,
  probeObjectLock,
  putObject,
  type S3ObjectSettings,
} from './s3-objects.js';
import { putFile } from './s3-put-file.js';
import { abortUpload, listUploads } from './s3-uploads.js';
import { deleteObject } from './s3-versions.js';
import type { ObjectLock, Store } from './store.js';
import { conflictingObject, damagedObject, findDifference, translateErrors } from './stored-content.js';

/** Where an S3 store is, and what its objects are given. */
export interface S3StoreOptions extends S3Address {
  /** The storage class of a file's object, by its key; default: the bucket's. Documents always have the bucket's. */
  storageClassOf?: ((key: string, bytes: number) => string | undefined) | undefined;
  /** Default: what the bucket does. */
  serverSideEncryption?: { algorithm: 'AES256' | 'aws:kms'; kmsKeyId?: string | undefined } | undefined;
  /** Default: none of ours; what the bucket sets by default stays. */
  lock?: ObjectLock | undefined;
}

/** Until when a legal hold lasts: the latest time there is. */
const NEVER = new Date(8.64e15);

/**
 * A store in a bucket of Amazon S3 or of anything that speaks its protocol.
 *
 * Every request that writes carries a SHA-256 computed here, so the store refuses what was damaged on its way. What the
 * store then reports was computed from the bytes that it received: `verify` compares that without a download, and so
 * does not see what happens to the bytes on the store's own disks afterwards; reading back does.
 */
export function openS3Store(options: S3StoreOptions): Store {
  const { storageClassOf, serverSideEncryption, lock, ...address } = options;
  const s3 = connectToS3({ ...address, readsOldest: lock !== undefined });
  const encryption: S3ObjectSettings = serverSideEncryption
    ? { ServerSideEncryption: serverSideEncryption.algorithm, SSEKMSKeyId: serverSideEncryption.kmsKeyId }
    : {};
  /** What every object gets. */
  const settingsOf = (key: string): S3ObjectSettings => {
    const until = lock?.untilOf(key);
    if (!lock || !until || until <= new Date()) return encryption;
    const ObjectLockMode = lock.mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE';
    return { ...encryption, ObjectLockMode, ObjectLockRetainUntilDate: until };
  };

  const store: Store = {
    name: s3.name,
    url: s3.url,
    lifecycle: s3Lifecycle(s3),

    async check(signal) {
      await probeBucket(s3, signal);
      if (lock) await probeObjectLock(s3, signal);
    },

    async putFile(key, file, options) {
      const storageClass = storageClassOf?.(key, file.bytes) as StorageClass | undefined;
      const settings = { ...settingsOf(key), Metadata: { sha256: file.sha256 }, StorageClass: storageClass };
      return await putFile(s3, key, file, settings, options);
    },

    async putDocument(key, content, signal) {
      const isThere = async () => {
        const stored = await store.getDocument(key, signal);
        if (stored && !stored.equals(content)) throw conflictingObject(s3, key);
        return stored !== undefined;
      };
      if (await isThere()) return;
      try {
        await putObject(s3, key, content, settingsOf(key), signal);
      } catch (error) {
        if (answerOf(error).status !== 412 || !(await isThere())) throw error;
      }
    },

    async verify(key, receipt, options) {
      const stored = await headObject(s3, key, options.signal);
      if (!stored) throw damagedObject(s3, key, 'is missing');
      if (stored.ContentLength !== receipt.bytes)
        throw damagedObject(s3, key, `has ${stored.ContentLength} bytes instead of ${receipt.bytes}`);
      if (receipt.checksum === undefined || stored.ChecksumSHA256 === undefined) {
        const difference = await findDifference(store, key, receipt, options);
        if (difference) throw damagedObject(s3, key, difference);
      } else if (stored.ChecksumSHA256 !== receipt.checksum)
        throw damagedObject(s3, key, 'does not have the checksum it was sent with');
    },

    async getDocument(key, signal) {
      const query = await locateObject(s3, key, signal);
      try {
        return await s3.ask(signal, async (client, options) => {
          const { Body } = await client.send(new GetObjectCommand(query), options);
          return Buffer.from(await Body!.transformToByteArray());
        });
      } catch (error) {
        if (answerOf(error).code === 'NoSuchKey') return undefined;
        throw error;
      }
    },

    async openRead(key, signal, start = 0) {
      const range = start > 0 ? { Range: `bytes=${start}-` } : {};
      const query = { ...(await locateObject(s3, key, signal)), ...range };
      try {
        const { Body } = await s3.ask(signal, (client, options) =>
          client.send(new GetObjectCommand(query), options),
        );
        return translateErrors(Body as Readable, signal, (error) => toS3Error(s3, error));
      } catch (error) {
        if (answerOf(error).code === 'InvalidRange') return Readable.from([]);
        throw error;
      }
    },

    async describe(key, signal) {
      const stored = await headObject(s3, key, signal);
      if (!stored) return undefined;
      const lockedUntil =
        stored.ObjectLockLegalHoldStatus === 'ON' ? NEVER : stored.ObjectLockRetainUntilDate;
      return {
        key,
        bytes: stored.ContentLength!,
        modifiedAt: stored.LastModified!,
        ...(lockedUntil && { lockedUntil }),
      };
    },

    async *list(prefix, signal) {
      for await (const { objectKey, bytes, modifiedAt } of listObjects(s3, prefix, signal))
        if (!objectKey.endsWith('/')) yield { key: s3.toKey(objectKey)!, bytes, modifiedAt };
    },

    async delete(key, signal) {
      await deleteObject(s3, key, signal);
    },

    async *listUnfinished(prefix, signal) {
      for await (const { objectKey, startedAt } of listUploads(s3, signal)) {
        const key = s3.toKey(objectKey);
        if (key?.startsWith(prefix)) yield { key, startedAt };
      }
    },

    async abortUnfinished(key, signal) {
      for await (const upload of listUploads(s3, signal, s3.toObjectKey(key)))
        await abortUpload(s3, upload, signal);
    },
  };
  return store;
}
