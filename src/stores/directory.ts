import { createHash } from 'node:crypto';
import { access, constants, open, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hasCode } from '../files/has-code.js';
import { syncDirectory } from '../files/sync-directory.js';
import { OperationError } from '../model/failures.js';
import { toDirectoryError } from './directory-errors.js';
import {
  makeDirectory,
  namesIn,
  publish,
  statIfThere,
  walkFiles,
  type FoundFile,
} from './directory-files.js';
import { nameOfPartial, partialPath, pathOfKey } from './directory-paths.js';
import { readSource } from './source.js';
import type { Store } from './store.js';
import { conflictingObject, damagedObject, findDifference, translateErrors } from './stored-content.js';
import { writePartial } from './write-partial.js';

const COPY_BYTES = 1024 ** 2;

/** Where a directory store is. */
export interface DirectoryStoreOptions {
  name: string;
  /** Absolute path of the root. It must exist: a root that was made here would hide a volume that is not mounted. */
  directory: string;
}

/**
 * A store that keeps its objects as files below a directory, whose file system must know hard links. Files are for
 * their owner only (0600, folders 0700). An upload gathers in a hidden file beside its place and gets its name when it
 * is whole and durable.
 */
export function openDirectoryStore({ name, directory }: DirectoryStoreOptions): Store {
  /** Runs one call: an error is the signal's reason once that is aborted, else one that an operator can act on. */
  async function guard<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      signal.throwIfAborted();
      throw toDirectoryError(name, directory, error);
    }
  }

  async function requireRoot(): Promise<void> {
    const root = await statIfThere(directory);
    if (root?.isDirectory()) return;
    throw new OperationError(
      'StoreNotFound',
      `Store "${name}": ${directory} ${root ? 'is not a directory' : 'does not exist'}; ` +
        'mount or create it, or correct the url in the configuration.',
    );
  }

  /** Stores `pieces` under `key`; answers with false when something is there already. */
  async function writeObject(
    key: string,
    sha256: string,
    pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
    onProgress: (bytesDone: number) => void,
  ): Promise<boolean> {
    const path = pathOfKey(directory, key);
    const partial = partialPath(path, sha256);
    await requireRoot();
    if (await statIfThere(path)) {
      // Left by a call that died after it had given the object its name.
      await rm(partial, { force: true });
      return false;
    }
    await makeDirectory(dirname(path));
    try {
      await writePartial(partial, pieces, onProgress);
    } catch (error) {
      if (error instanceof OperationError && error.type === 'ArtifactDamaged')
        await rm(partial, { force: true });
      throw error;
    }
    return await publish(partial, path);
  }

  async function* walk(prefix: string, signal: AbortSignal): AsyncGenerator<FoundFile> {
    try {
      await requireRoot();
      if (prefix) pathOfKey(directory, prefix.slice(0, -1));
      yield* walkFiles(directory, signal, prefix);
    } catch (error) {
      signal.throwIfAborted();
      throw toDirectoryError(name, directory, error);
    }
  }

  const store: Store = {
    name,
    url: pathToFileURL(directory).href,

    check: (signal) =>
      guard(signal, async () => {
        await requireRoot();
        await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
      }),

    putFile: (key, file, options) =>
      guard(options.signal, async () => {
        const buffer = Buffer.allocUnsafe(COPY_BYTES);
        const pieces = readSource(file, () => buffer, options.signal);
        const receipt = { bytes: file.bytes, sha256: file.sha256 };
        const isStored = await writeObject(key, file.sha256, pieces, options.onProgress);
        if (!isStored && (await findDifference(store, key, receipt, options)))
          throw conflictingObject(store, key);
        return receipt;
      }),

    putDocument: (key, content, signal) =>
      guard(signal, async () => {
        const sha256 = createHash('sha256').update(content).digest('hex');
        const isStored = await writeObject(key, sha256, [content], () => undefined);
        if (!isStored && !content.equals(await readFile(pathOfKey(directory, key))))
          throw conflictingObject(store, key);
      }),

    verify: (key, receipt, options) =>
      guard(options.signal, async () => {
        const size = (await statIfThere(pathOfKey(directory, key)))?.size;
        if (size === undefined) throw damagedObject(store, key, 'is missing');
        const difference = await findDifference(store, key, receipt, options);
        if (difference) throw damagedObject(store, key, difference);
      }),

    getDocument: (key, signal) =>
      guard(signal, async () => {
        await requireRoot();
        return await readFile(pathOfKey(directory, key), { signal }).catch((error: unknown) => {
          if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
          throw error;
        });
      }),

    openRead: (key, signal, start = 0) =>
      guard(signal, async () => {
        const handle = await open(pathOfKey(directory, key), 'r');
        return translateErrors(handle.createReadStream({ start }), signal, (error) =>
          toDirectoryError(name, directory, error),
        );
      }),

    describe: (key, signal) =>
      guard(signal, async () => {
        await requireRoot();
        const stats = await statIfThere(pathOfKey(directory, key));
        return stats && { key, bytes: stats.size, modifiedAt: stats.mtime };
      }),

    async *list(prefix, signal) {
      for await (const { path, name: file, stats } of walk(prefix, signal))
        if (!file.startsWith('.')) yield { key: path, bytes: stats.size, modifiedAt: stats.mtime };
    },

    delete: (key, signal) =>
      guard(signal, async () => {
        const path = pathOfKey(directory, key);
        await requireRoot();
        if (!(await statIfThere(path))) return;
        await rm(path, { force: true });
        await syncDirectory(dirname(path));
      }),

    async *listUnfinished(prefix, signal) {
      for await (const { path, name: file, stats } of walk(prefix, signal)) {
        const final = nameOfPartial(file);
        if (final) yield { key: path.slice(0, -file.length) + final, startedAt: stats.mtime };
      }
    },

    abortUnfinished: (key, signal) =>
      guard(signal, async () => {
        const path = pathOfKey(directory, key);
        await requireRoot();
        for (const file of await namesIn(dirname(path)))
          if (nameOfPartial(file) === basename(path)) await rm(join(dirname(path), file), { force: true });
      }),
  };
  return store;
}
