import pMap from 'p-map';
import { findBackup } from '../catalogue/read-manifest.js';
import { verdictOf } from '../model/drill-verdict.js';
import type { DrilledBackup, DrillPlan, PlannedBackup, RungResult } from '../model/drill.js';
import { OperationError } from '../model/failures.js';
import { DRILL_NAME, type BackupSubject } from '../model/keys.js';
import type { Manifest } from '../model/manifest.js';
import { makeBackupId } from '../model/names.js';
import type { Store } from '../stores/store.js';

/** Manifests read at once. */
const CONCURRENCY = 8;
/** What an empty scratch server takes, its write-ahead log included. */
const SERVER_BYTES = 512 * 1024 * 1024;
/** How much larger a database is on disk than its dump, for its indexes. */
const GROWTH = 2;

export interface DrillRequest {
  server: string;
  databases: readonly string[];
  /** Whether the server's globals are backed up. */
  globals: boolean;
  jobs: number;
  heartbeatSeconds: number;
  now: Date;
}

/**
 * Decides what a drill tries: the newest backup of each database, and of the globals. A database without one, or with a
 * manifest that nobody can read, is a finding of the drill and no reason to leave out the others.
 */
export async function planDrill(
  store: Store,
  request: DrillRequest,
  signal: AbortSignal,
): Promise<DrillPlan> {
  const { server, databases, globals, now } = request;
  const subjects: BackupSubject[] = [
    ...(globals ? [{ kind: 'globals' as const, server }] : []),
    ...databases.map((database) => ({ kind: 'database' as const, server, database })),
  ];
  const found = await pMap(subjects, (subject) => findNewest(store, subject, signal), {
    concurrency: CONCURRENCY,
    signal,
  });
  const manifests = found.flatMap((each) => ('manifest' in each ? [each.manifest] : []));
  const planned = manifests.map(planBackup);
  return {
    id: makeBackupId(DRILL_NAME, now),
    server,
    store: store.name,
    startedAt: now.toISOString(),
    major: Math.max(0, ...manifests.map(({ serverVersion }) => Math.floor(serverVersion / 10_000))),
    globals: planned.find(({ database }) => database === undefined),
    databases: planned.filter(({ database }) => database !== undefined),
    decided: found.flatMap((each) => ('decided' in each ? [each.decided] : [])),
    jobs: request.jobs,
    stagingBytes: estimateSpace(planned),
    heartbeatSeconds: request.heartbeatSeconds,
  };
}

async function findNewest(
  store: Store,
  subject: BackupSubject,
  signal: AbortSignal,
): Promise<{ manifest: Manifest } | { decided: DrilledBackup }> {
  try {
    return { manifest: await findBackup(store, subject.server, { latestOf: subject }, signal) };
  } catch (error) {
    if (!(error instanceof OperationError) || !isFinding(error)) throw error;
    const rungs: RungResult[] = [{ rung: 'artifact', outcome: 'failed', seconds: 0, said: [error.message] }];
    const database = subject.kind === 'database' ? { database: subject.database } : {};
    return { decided: { ...database, verdict: verdictOf(rungs), rungs } };
  }
}

function isFinding({ type }: OperationError): boolean {
  return type === 'BackupNotFound' || type === 'InvalidArgument' || type === 'ManifestUnreadable';
}

function planBackup(manifest: Manifest): PlannedBackup {
  const { id: backupId, snapshotTime, artifact } = manifest;
  const facts = { backupId, snapshotTime, bytes: artifact.bytes };
  if (manifest.kind === 'globals') return { ...facts, dumpBytes: 0, tables: 0, rows: 0 };
  const { tables, largeObjects } = manifest.inventory;
  const sum = (what: 'rows' | 'bytes') => tables.reduce((total, table) => total + table[what], 0);
  return {
    database: manifest.database,
    ...facts,
    dumpBytes: sum('bytes') + largeObjects.bytes,
    tables: tables.length,
    rows: sum('rows'),
  };
}

/** One database restored and its dump (the one it is restored from, or the one that is made to compare), the next one coming. */
function estimateSpace(backups: readonly PlannedBackup[]): number {
  const largest = (sizeOf: (backup: PlannedBackup) => number) => Math.max(0, ...backups.map(sizeOf));
  return (
    SERVER_BYTES +
    largest(({ bytes, dumpBytes }) => bytes + dumpBytes * (1 + GROWTH)) +
    largest(({ bytes, dumpBytes }) => bytes + dumpBytes)
  );
}
