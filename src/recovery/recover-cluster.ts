import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFromStores } from '../catalogue/read-from-stores.js';
import { chainOf } from '../catalogue/base-backups.js';
import { hasCode } from '../files/has-code.js';
import type { RecoveryPoint } from '../model/recovery.js';
import { locateServerPrograms } from '../postgres/locate-client.js';
import { endRecordedChildren } from '../programs/child-ledger.js';
import { downloadFromStores } from '../restores/download-from-stores.js';
import type { RestoreMeans } from '../restores/restore-backup.js';
import type { Store } from '../stores/store.js';
import type { FoundTarget } from './find-target.js';
import { locateRecovery, type RecoveredCluster } from './recovered-cluster.js';
import { rollForward } from './roll-forward.js';
import { unpackBase } from './unpack-base.js';

/** Who is told how far a recovery is, and ends it. */
export interface RecoveryObserver {
  signal: AbortSignal;
  /** @param bytesExpected - of this step */
  onStep: (step: 'download' | 'unpack' | 'replay', bytesExpected: number) => void;
  /** @param bytesDone - of the step that was told last */
  onProgress: (bytesDone: number) => void;
}

/** A server that was recovered and is not running. */
export interface RecoveredServer {
  cluster: RecoveredCluster;
  point: RecoveryPoint;
  /** What could not be checked. */
  notes: string[];
}

/**
 * Recovers a server to a target, in this process alone. What was downloaded, unpacked and replayed stays in `directory` for
 * the next try, which goes on from there.
 *
 * @param directory - its own, of this target; made here
 * @throws OperationError as each of the steps
 */
export async function recoverCluster(
  { stores, found }: { stores: readonly Store[]; found: FoundTarget },
  directory: string,
  means: RestoreMeans,
  { signal, onStep, onProgress }: RecoveryObserver,
): Promise<RecoveredServer> {
  const { base, backups, target, path, segments } = found;
  const [work, unpacked] = [join(directory, 'work'), join(directory, 'unpacked.json')];
  const { dataDirectory, artifacts } = locateRecovery(directory);
  const context = { signal, onProgress, ledger: { directory: join(directory, 'children') } };
  await mkdir(artifacts, { recursive: true, mode: 0o700 });
  await endRecordedChildren(context.ledger);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { mode: 0o700 });
  const options = { ...means, workDirectory: work };

  const passedOver: string[] = [];
  let notes = await readNotes(unpacked);
  if (notes === undefined) {
    const parts = chainOf(backups, base)!.map((manifest) => ({
      manifest,
      file: join(artifacts, manifest.id),
    }));
    const bytes = parts.reduce((sum, { manifest }) => sum + manifest.artifact.bytes, 0);
    onStep('download', bytes);
    for (const { manifest, file } of parts)
      passedOver.push(...(await downloadFromStores(stores, manifest.artifact, file, context)));
    onStep('unpack', bytes);
    // What an earlier try has half unpacked is called like the data directory, or begins so.
    for (const name of await readdir(directory))
      if (join(directory, name).startsWith(dataDirectory))
        await rm(join(directory, name), { recursive: true });
    notes = await unpackBase(parts, dataDirectory, options, context);
    await writeFile(unpacked, JSON.stringify(notes));
    await rm(artifacts, { recursive: true });
  }
  onStep('replay', segments * base.walSegmentBytes);
  const major = Math.floor(base.serverVersion / 10000);
  const cluster = {
    directory,
    superuser: base.superuser,
    binDirectory: await locateServerPrograms(major, means.programDirectories, signal),
  };
  const last = path.segments[segments - 1]?.name;
  const { timeline } = path;
  const replayed = await readFromStores(stores, signal, (store) =>
    rollForward({ store, base, target, timeline, last }, cluster, options, context),
  );
  await rm(work, { recursive: true, force: true });
  return { cluster, point: replayed.result, notes: [...passedOver, ...replayed.passedOver, ...notes] };
}

async function readNotes(file: string): Promise<string[] | undefined> {
  return readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as string[],
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    },
  );
}
