import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compressorCommand } from '../archive/tar.js';
import type { BaseManifest } from '../model/base-manifest.js';
import type { BasePlan } from '../model/base-plan.js';
import { OperationError } from '../model/failures.js';
import {
  readClusterFacts,
  readMomentAfter,
  readMomentBefore,
  type ClusterFacts,
  type ClusterMoment,
} from '../postgres/cluster-facts.js';
import { withConnection } from '../postgres/connection.js';
import { runProgram } from '../programs/run-program.js';
import type { Store } from '../stores/store.js';
import { backupManifestIn, copyCluster, type CopyContext, type CopyMeans } from './copy-cluster.js';
import { fetchBackupManifest } from './fetch-backup-manifest.js';

/** The part of a base backup's manifest that is known when it has been taken. */
export type BaseFacts = Omit<
  BaseManifest,
  'format' | 'artifact' | 'backupManifest' | 'tools' | 'secondsPerStep' | 'workflowId' | 'runId'
> & { codec: BaseManifest['artifact']['codec'] };

/** What {@link takeBaseBackup} works with. */
export interface TakeMeans extends Omit<CopyMeans, 'incrementalTo'> {
  /** Connected to for what the server says of itself. */
  maintenanceDatabase: string;
  /** Where the base backup is since which only the changes are taken. */
  store: Store;
}

/** The file, in the directory of the attempt, that the compressed `backup_manifest` is written to where the plan keeps it. */
const BACKUP_MANIFEST = 'backup-manifest';

/**
 * Takes a base backup of a server: its data in one file, and what its manifest says of it. One that was to hold only the
 * changes is a whole one where the server no longer knows what has changed.
 *
 * pg_basebackup names no positions when it takes no WAL. They are asked of the server, before and after, and so are a
 * little wider than what it needs.
 *
 * @throws OperationError `DumpImplausible` when the server became another one meanwhile; else as {@link copyCluster}
 */
export async function takeBaseBackup(
  plan: BasePlan,
  means: TakeMeans,
  context: CopyContext,
): Promise<BaseFacts> {
  const { server, maintenanceDatabase, directory } = means;
  const ask = <T>(question: Parameters<typeof withConnection<T>>[3]) =>
    withConnection(server, maintenanceDatabase, context.signal, question);
  const before = await ask(readMomentBefore);
  const copied = await copyWhatChanged(plan, means, context);
  const [after, facts] = await ask(
    async (client) => [await readMomentAfter(client), await readClusterFacts(client)] as const,
  );
  requireSame(plan, before, after, facts);
  if (plan.keepsBackupManifest) await keepBackupManifest(plan, means, context);
  await rm(join(directory, 'files'), { recursive: true, force: true });
  return {
    kind: 'base',
    id: plan.id,
    server: server.name,
    systemIdentifier: facts.systemIdentifier,
    serverVersion: facts.version,
    walSegmentBytes: facts.walSegmentBytes,
    timeline: before.timeline,
    layout: plan.layout,
    startLsn: before.lsn,
    stopLsn: after.lsn,
    startTime: before.time,
    stopTime: after.time,
    tablespaces: facts.tablespaces,
    superuser: facts.superuser,
    ...copied,
  };
}

async function copyWhatChanged(
  plan: BasePlan,
  means: TakeMeans,
  context: CopyContext,
): Promise<Pick<BaseFacts, 'dataBytes' | 'codec' | 'incrementalTo'>> {
  const { incrementalTo } = plan;
  const parent =
    incrementalTo === undefined
      ? undefined
      : await fetchBackupManifest(incrementalTo, plan, means, context.signal);
  if (incrementalTo !== undefined && parent !== undefined)
    try {
      return { incrementalTo, ...(await copyCluster(plan, { ...means, incrementalTo: parent }, context)) };
    } catch (error) {
      if (!lacksSummaries(error)) throw error;
      await rm(join(means.directory, 'files'), { recursive: true, force: true });
    }
  return copyCluster(plan, means, context);
}

/** The server keeps summaries of WAL for some days, and none of when it was told not to make any. */
function lacksSummaries(error: unknown): boolean {
  return (
    error instanceof OperationError && /WAL summar|manifest/i.test(`${error.message} ${String(error.cause)}`)
  );
}

function requireSame(
  { id, subject }: BasePlan,
  before: ClusterMoment,
  after: ClusterMoment,
  { systemIdentifier }: ClusterFacts,
): void {
  if (after.timeline === before.timeline && systemIdentifier === subject.systemIdentifier) return;
  throw new OperationError(
    'DumpImplausible',
    `Server ${subject.server} was promoted, or replaced by another one, while base backup ${id} was taken; it is taken again.`,
  );
}

async function keepBackupManifest(
  { compression }: BasePlan,
  { directory, programDirectories }: TakeMeans,
  { signal }: CopyContext,
): Promise<void> {
  const [file, ...args] = await compressorCommand(compression, programDirectories);
  const outputFile = join(directory, BACKUP_MANIFEST);
  await runProgram(
    { file: file!, args: [...args, '--stdout', '--', backupManifestIn(directory)], outputFile },
    { signal },
  );
}
