import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrivateKeys } from '../archive/private-keys.js';
import type { TableName } from '../model/compare-inventories.js';
import { countDumpBytes } from '../model/inventory.js';
import type { DatabaseManifest } from '../model/manifest.js';
import { completeDatabase } from '../postgres/create-database.js';
import { dropUnfinished } from '../postgres/drop-database.js';
import type { RestoreTarget } from '../postgres/restore-target.js';
import { swapDatabases } from '../postgres/swap-databases.js';
import { endRecordedChildren, type ChildLedger } from '../programs/child-ledger.js';
import type { Store } from '../stores/store.js';
import { compareRestored, type ComparedDatabase } from './compare-restored.js';
import { downloadFromStores } from './download-from-stores.js';
import { restoreBeside } from './restore-beside.js';
import { unpackArtifact } from './unpack-artifact.js';

/** One backup, and the database that it becomes. */
export interface Restoration {
  /** Where it is read; the others where it is missing or damaged in those before. */
  stores: readonly Store[];
  manifest: DatabaseManifest;
  /** Only these tables; left out for all. */
  tables?: readonly TableName[];
  /** The database is made under the name in here. */
  target: RestoreTarget;
  /** The database whose place it takes once it was compared, and what that one is called from then on. */
  replaces?: { database: string; becomes: string };
}

/** What restores are made with. */
export interface RestoreMeans {
  privateKeys?: PrivateKeys;
  programDirectories: readonly string[];
  /** pg_restore workers. */
  jobs: number;
}

/** Who is told how far a restore is, and ends it. */
export interface RestoreObserver {
  signal: AbortSignal;
  /** @param bytesExpected - of this step */
  onStep: (step: 'download' | 'unpack' | 'restore' | 'compare' | 'swap', bytesExpected: number) => void;
  /** @param bytesDone - of the step that was told last */
  onProgress: (bytesDone: number) => void;
}

/**
 * Restores one backup from the stores to the compared database, in this process alone. A restore that fails or is ended
 * drops the database that it has made; what was downloaded stays in `directory` for the next try, which must carry the
 * same restore id to clear up after one that was killed.
 *
 * @param directory - its own; made here, and removed when all is done
 * @throws OperationError as each of the steps
 */
export async function restoreBackup(
  restoration: Restoration,
  directory: string,
  means: RestoreMeans,
  { signal, onStep, onProgress }: RestoreObserver,
): Promise<ComparedDatabase> {
  const { stores, manifest } = restoration;
  const [artifact, unpacked, work] = ['artifact', 'unpacked', 'work'].map((name) => join(directory, name));
  const context = { signal, onProgress, ledger: { directory: join(directory, 'children') } };
  const removeWork = async () => {
    for (const made of [unpacked!, work!]) await rm(made, { recursive: true, force: true });
  };
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await endRecordedChildren(context.ledger);
  await removeWork();
  try {
    await mkdir(work!, { mode: 0o700 });
    onStep('download', manifest.artifact.bytes);
    const passedOver = await downloadFromStores(stores, manifest.artifact, artifact!, context);

    onStep('unpack', manifest.artifact.bytes);
    await unpackArtifact(manifest, artifact!, unpacked!, { ...means, workDirectory: work! }, context);

    const compared = await restoreUnpacked(restoration, unpacked!, work!, means, { ...context, onStep });
    await rm(directory, { recursive: true, force: true });
    return { ...compared, notes: [...passedOver, ...compared.notes] };
  } finally {
    await removeWork();
  }
}

/**
 * Restores an unpacked dump to the compared database, the end of {@link restoreBackup}. A restore that fails or is ended
 * drops the database that it has made.
 *
 * @param unpacked - the dump; removed once it is restored
 * @param work - where a dump is made to compare
 * @throws OperationError as each of the steps
 */
export async function restoreUnpacked(
  { manifest, tables, target, replaces }: Omit<Restoration, 'stores'>,
  unpacked: string,
  work: string,
  means: RestoreMeans,
  context: RestoreObserver & { ledger: ChildLedger },
): Promise<ComparedDatabase> {
  const { signal, onStep } = context;
  try {
    onStep('restore', countDumpBytes(manifest.inventory));
    await restoreBeside(target, manifest, unpacked, { ...means, tables }, context);
    await rm(unpacked, { recursive: true, force: true });

    onStep('compare', 2 * countDumpBytes(manifest.inventory));
    const compared = await compareRestored(target, manifest, tables, join(work, 'dump'), means, context);
    if (replaces) {
      onStep('swap', 0);
      const { database: live, becomes } = replaces;
      await swapDatabases(target, { live, replacement: target.database, becomes }, signal);
    } else await completeDatabase(target, signal);
    return compared;
  } catch (error) {
    // What has failed is what is told; a mark says of a database that is left what it is.
    await dropUnfinished(target, new AbortController().signal).catch(() => undefined);
    throw error;
  }
}
