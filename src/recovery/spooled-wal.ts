import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { holdsWalFile } from '../catalogue/holds-wal-file.js';
import { hasCode } from '../files/has-code.js';
import { OperationError } from '../model/failures.js';
import { encodeName } from '../model/names.js';
import { openDirectoryStore } from '../stores/directory.js';
import type { Store } from '../stores/store.js';
import { readSegmentOrigin } from '../wal/check-segment.js';
import { shipFile, type ShippingMeans } from '../wal/ship-file.js';
import { shipPartial } from '../wal/ship-partial.js';
import { listSpool, spooledPath, type Spool } from '../wal/spool.js';

/** Every host has it. */
const COMPRESSION = { method: 'gzip', level: 1 } as const;

/** What an archiving host had received of a server and not yet put into a store. */
export interface SpooledWal {
  /** Holds it under the keys that it would have in a real store. */
  store: Store;
  /** Names of the files, the part of the last segment among them. */
  files: string[];
  /** What of it cannot be used, as sentences. */
  faults: string[];
}

/** Where WAL of a server waits: on a staging volume, once for each of its incarnations. */
export async function findSpools(stagingDirectory: string, server: string): Promise<string[]> {
  const root = join(stagingDirectory, 'wal', encodeName(server));
  const names = await readdir(root).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  return names.filter((name) => /^\d+$/.test(name)).map((name) => join(root, name, 'received'));
}

/**
 * Copies from spools what a store does not hold, with the part of the last segment, into a store of its own. The spools are
 * only read: their archiver may be at work, or go on later.
 *
 * @param directories - each with the WAL that was received of one incarnation of the server
 * @param work - an empty directory, where the copies are
 * @throws OperationError `StagingFull`, `ProgramMissing`
 */
export async function gatherSpooledWal(
  directories: readonly string[],
  server: string,
  store: Store,
  work: string,
  means: Pick<ShippingMeans, 'programDirectories' | 'signal'>,
): Promise<SpooledWal> {
  const [kept, outgoing] = [join(work, 'kept'), join(work, 'outgoing')];
  for (const directory of [kept, outgoing]) await mkdir(directory, { recursive: true, mode: 0o700 });
  const gathered: SpooledWal = {
    store: openDirectoryStore({ name: 'spool', directory: kept }),
    files: [],
    faults: [],
  };
  const shipping = { ...means, store: gathered.store, compression: COMPRESSION };
  for (const directory of directories) {
    const spool = await readSpool(directory, server, outgoing);
    if (spool) await gatherOne(spool, store, shipping, gathered);
  }
  return gathered;
}

/** The spool in a directory, by what its segments say of themselves; undefined when none does. */
async function readSpool(directory: string, server: string, outgoing: string): Promise<Spool | undefined> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  for (const name of names.filter((candidate) => /^[0-9A-F]{24}(\.partial)?$/.test(candidate))) {
    const origin = await unlessGone(() => readSegmentOrigin(join(directory, name)));
    if (!origin) continue;
    const { systemIdentifier, segmentBytes } = origin;
    return {
      ...{ cluster: { server, systemIdentifier }, segmentBytes, directory, outgoing },
      ...{ aside: outgoing, children: outgoing },
    };
  }
  return undefined;
}

async function gatherOne(
  spool: Spool,
  store: Store,
  shipping: ShippingMeans,
  { files, faults }: SpooledWal,
): Promise<void> {
  const { segments, histories } = await listSpool(spool);
  const take = async (work: () => Promise<string | undefined>) => {
    try {
      const taken = await unlessGone(work);
      if (taken !== undefined) files.push(taken);
    } catch (error) {
      if (!(error instanceof OperationError) || error.type !== 'ArtifactDamaged') throw error;
      faults.push(error.message);
    }
  };
  for (const name of [...histories, ...segments.map((segment) => segment.name)]) {
    if (await isHeld(store, spool, name, shipping.signal)) continue;
    await take(async () => {
      await shipFile(spool, spooledPath(spool, name), name, shipping);
      return name;
    });
  }
  await take(async () => (await shipPartial(spool, shipping))?.file);
}

/** A store that cannot be asked is not the one that will be read. */
async function isHeld(store: Store, { cluster }: Spool, name: string, signal: AbortSignal): Promise<boolean> {
  return holdsWalFile(store, cluster, name, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof OperationError) return false;
    throw error;
  });
}

/** An archiver at work removes a file when it is in the store, from where it is read then. */
async function unlessGone<T>(work: () => Promise<T>): Promise<T | undefined> {
  return work().catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
}

/** A store that is read as if it held what was spooled as well. */
export function withSpooledWal(store: Store, { store: spooled, files }: SpooledWal): Store {
  if (files.length === 0) return store;
  return {
    ...store,
    describe: async (key, signal) => (await store.describe(key, signal)) ?? spooled.describe(key, signal),
    getDocument: async (key, signal) =>
      (await spooled.getDocument(key, signal)) ?? store.getDocument(key, signal),
    openRead: async (key, signal, start) =>
      (await spooled.describe(key, signal))
        ? spooled.openRead(key, signal, start)
        : store.openRead(key, signal, start),
    async *list(prefix, signal) {
      yield* store.list(prefix, signal);
      yield* spooled.list(prefix, signal);
    },
  };
}
