import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { readComposedMd5 } from './azure-blocks.js';
import {
  getProperties,
  listBlobs,
  probeContainer,
  probeImmutability,
  putBlob,
  type AzureBlobSettings,
} from './azure-blobs.js';
import { azureManagementPolicy } from './azure-lifecycle.js';
import { connectToAzure, type AzureAddress } from './azure-connection.js';
import { answerOfAzure, isTaken } from './azure-errors.js';
import { putFile } from './azure-put-file.js';
import { abortUpload, listUploads } from './azure-uploads.js';
import type { ObjectLock, Store } from './store.js';
import { conflictingObject, damagedObject, findDifference, translateErrors } from './stored-content.js';

/** Where an Azure store is, and what its objects are given. */
export interface AzureStoreOptions extends AzureAddress {
  /** The access tier of a file's object, by its key; default: the account's. Documents always have the account's. */
  storageClassOf?: ((key: string, bytes: number) => string | undefined) | undefined;
  /** Default: none of ours; what the container sets by default stays. */
  lock?: ObjectLock | undefined;
}

/** Until when a legal hold lasts: the latest time there is. */
const NEVER = new Date(8.64e15);

/** How often the SDK goes on by itself with a download that broke off. */
const RESUME_READS = 3;

/**
 * A store in a container of Azure Blob Storage.
 *
 * Each block of a file carries an MD5 computed here, so the store refuses what was damaged on its way, and a name made
 * of that MD5. `verify` compares the names of an object's blocks without a download, and so does not see what happens to
 * the bytes on the store's own disks afterwards; reading back does.
 */
export function openAzureStore({ storageClassOf, lock, ...address }: AzureStoreOptions): Store {
  const azure = connectToAzure(address);
  /** What every blob gets. */
  const settingsOf = (key: string): AzureBlobSettings => {
    const expiriesOn = lock?.untilOf(key);
    if (!lock || !expiriesOn || expiriesOn <= new Date()) return {};
    const policyMode = lock.mode === 'compliance' ? 'Locked' : 'Unlocked';
    return { immutabilityPolicy: { expiriesOn, policyMode } };
  };

  const store: Store = {
    name: azure.name,
    url: azure.url,
    lifecycle: {
      document: (rules) =>
        azureManagementPolicy(
          rules,
          (prefix) => `${azure.container.containerName}/${azure.toBlobName(prefix)}`,
        ),
    },

    async check(signal) {
      await probeContainer(azure, signal);
      if (lock) await probeImmutability(azure, signal);
    },

    async putFile(key, file, options) {
      const tier = storageClassOf?.(key, file.bytes);
      const settings = { ...settingsOf(key), ...(tier !== undefined && { tier }) };
      return await putFile(azure, key, file, settings, options);
    },

    async putDocument(key, content, signal) {
      const isThere = async () => {
        const stored = await store.getDocument(key, signal);
        if (stored && !stored.equals(content)) throw conflictingObject(azure, key);
        return stored !== undefined;
      };
      if (await isThere()) return;
      try {
        await putBlob(azure, key, content, settingsOf(key), signal);
      } catch (error) {
        if (!isTaken(error) || !(await isThere())) throw error;
      }
    },

    async verify(key, receipt, options) {
      const stored = await getProperties(azure, key, options.signal);
      if (!stored) throw damagedObject(azure, key, 'is missing');
      if (stored.contentLength !== receipt.bytes)
        throw damagedObject(azure, key, `has ${stored.contentLength} bytes instead of ${receipt.bytes}`);
      if (receipt.checksum === undefined) {
        const difference = await findDifference(store, key, receipt, options);
        if (difference) throw damagedObject(azure, key, difference);
      } else if ((await readComposedMd5(azure, key, options.signal)) !== receipt.checksum)
        throw damagedObject(azure, key, 'does not have the checksum it was sent with');
    },

    async getDocument(key, signal) {
      try {
        return await azure.ask(signal, async (options) => {
          const { readableStreamBody } = await azure.blobOf(key).download(0, undefined, options);
          return await buffer(readableStreamBody!);
        });
      } catch (error) {
        if (answerOfAzure(error).code === 'BlobNotFound') return undefined;
        throw error;
      }
    },

    async openRead(key, signal, start = 0) {
      try {
        // The signal of `ask` would end the stream as well, after a time that is meant for the answer.
        const { readableStreamBody } = await azure.ask(signal, () =>
          azure
            .blobOf(key)
            .download(start, undefined, { abortSignal: signal, maxRetryRequests: RESUME_READS }),
        );
        return translateErrors(readableStreamBody as Readable, signal, azure.toError);
      } catch (error) {
        if (answerOfAzure(error).code === 'InvalidRange') return Readable.from([]);
        throw error;
      }
    },

    async describe(key, signal) {
      const stored = await getProperties(azure, key, signal);
      if (!stored) return undefined;
      const lockedUntil = stored.legalHold ? NEVER : stored.immutabilityPolicyExpiresOn;
      return {
        key,
        bytes: stored.contentLength!,
        modifiedAt: stored.lastModified!,
        ...(lockedUntil && { lockedUntil }),
      };
    },

    async *list(prefix, signal) {
      for await (const { name, properties } of listBlobs(azure, prefix, signal))
        if (!name.endsWith('/'))
          yield {
            key: azure.toKey(name),
            bytes: properties.contentLength!,
            modifiedAt: properties.lastModified,
          };
    },

    delete: async (key, signal) =>
      void (await azure.ask(signal, (options) => azure.blobOf(key).deleteIfExists(options))),

    listUnfinished: (prefix, signal) => listUploads(azure, prefix, signal),

    abortUnfinished: (key, signal) => abortUpload(azure, key, signal),
  };
  return store;
}
