import { Readable } from 'node:stream';
import { connectToGcs, type GcsAddress } from './gcs-connection.js';
import { isNotThere, isTaken } from './gcs-errors.js';
import { gcsLifecycle } from './gcs-lifecycle.js';
import {
  deleteObject,
  getMetadata,
  listObjects,
  probeBucket,
  probeRetention,
  putObject,
  type GcsObjectSettings,
} from './gcs-objects.js';
import { putFile } from './gcs-put-file.js';
import { endUploads, isRecord, listUploads } from './gcs-uploads.js';
import { OperationError } from '../model/failures.js';
import type { ObjectLock, Store } from './store.js';
import { conflictingObject, damagedObject, findDifference, translateErrors } from './stored-content.js';

/** Where a Google Cloud Storage store is, and what its objects are given. */
export interface GcsStoreOptions extends GcsAddress {
  /** The storage class of a file's object, by its key; default: the bucket's. Documents always have the bucket's. */
  storageClassOf?: ((key: string, bytes: number) => string | undefined) | undefined;
  /** Default: none of ours; what the bucket sets by default stays. */
  lock?: ObjectLock | undefined;
}

/** Until when a hold lasts: the latest time there is. */
const NEVER = new Date(8.64e15);

/**
 * A store in a bucket of Google Cloud Storage.
 *
 * The store computes an MD5 of each object from the bytes that it received, and compares it with one computed here.
 * `verify` asks for it without a download, and so does not see what happens to the bytes on the store's own disks
 * afterwards; reading back does.
 */
export function openGcsStore({ storageClassOf, lock, ...address }: GcsStoreOptions): Store {
  const gcs = connectToGcs(address);
  /** What every object gets. */
  const settingsOf = (key: string): GcsObjectSettings => {
    const until = lock?.untilOf(key);
    if (!lock || !until || until <= new Date()) return {};
    const mode = lock.mode === 'compliance' ? 'Locked' : 'Unlocked';
    return { retention: { mode, retainUntilTime: until.toISOString() } };
  };

  const store: Store = {
    name: gcs.name,
    url: gcs.url,
    lifecycle: gcsLifecycle(gcs),

    async check(signal) {
      await probeBucket(gcs, signal);
      if (lock) await probeRetention(gcs, signal);
    },

    async putFile(key, file, options) {
      const storageClass = storageClassOf?.(key, file.bytes);
      const settings = {
        ...settingsOf(key),
        metadata: { sha256: file.sha256 },
        ...(storageClass && { storageClass }),
      };
      return await putFile(gcs, key, file, settings, options);
    },

    async putDocument(key, content, signal) {
      const isThere = async () => {
        const stored = await store.getDocument(key, signal);
        if (stored && !stored.equals(content)) throw conflictingObject(gcs, key);
        return stored !== undefined;
      };
      if (await isThere()) return;
      try {
        await putObject(gcs, key, content, settingsOf(key), signal);
      } catch (error) {
        if (!isTaken(error) || !(await isThere())) throw error;
      }
    },

    async verify(key, receipt, options) {
      const stored = await getMetadata(gcs, key, options.signal);
      if (!stored) throw damagedObject(gcs, key, 'is missing');
      if (Number(stored.size) !== receipt.bytes)
        throw damagedObject(gcs, key, `has ${stored.size} bytes instead of ${receipt.bytes}`);
      if (receipt.checksum === undefined || stored.md5Hash === undefined) {
        const difference = await findDifference(store, key, receipt, options);
        if (difference) throw damagedObject(gcs, key, difference);
      } else if (stored.md5Hash !== receipt.checksum)
        throw damagedObject(gcs, key, 'does not have the checksum it was sent with');
    },

    async getDocument(key, signal) {
      try {
        const [content] = await gcs.ask(signal, () => gcs.bucket.file(gcs.toObjectName(key)).download());
        return content;
      } catch (error) {
        if (!isNotThere(error)) throw error;
        // The same status says that there is no bucket.
        await probeBucket(gcs, signal);
        return undefined;
      }
    },

    async openRead(key, signal, start = 0) {
      const stored = await getMetadata(gcs, key, signal);
      if (!stored)
        throw new OperationError(
          'StoreNotFound',
          `Store "${gcs.name}" (${gcs.url}): the object does not exist; see what is there with "temponest-backups list".`,
        );
      if (start >= Number(stored.size)) return Readable.from([]);
      // Whoever reads compares a SHA-256, and the SDK would compute its own checksum in JavaScript.
      const range = { validation: false, decompress: false, ...(start > 0 && { start }) };
      const content = gcs.bucket.file(gcs.toObjectName(key)).createReadStream(range);
      return translateErrors(content, signal, gcs.toError);
    },

    async describe(key, signal) {
      const stored = await getMetadata(gcs, key, signal);
      if (!stored) return undefined;
      const isHeld = stored.temporaryHold === true || stored.eventBasedHold === true;
      const until = stored.retention?.retainUntilTime ?? stored.retentionExpirationTime;
      return {
        key,
        bytes: Number(stored.size),
        modifiedAt: new Date(stored.updated!),
        ...(isHeld ? { lockedUntil: NEVER } : until && { lockedUntil: new Date(until) }),
      };
    },

    async *list(prefix, signal) {
      for await (const { key, metadata } of listObjects(gcs, prefix, signal))
        if (!isRecord(key) && !key.endsWith('/'))
          yield { key, bytes: Number(metadata.size), modifiedAt: new Date(metadata.updated!) };
    },

    delete: (key, signal) => deleteObject(gcs, key, signal),

    listUnfinished: (prefix, signal) => listUploads(gcs, prefix, signal),

    abortUnfinished: (key, signal) => endUploads(gcs, key, signal),
  };
  return store;
}
