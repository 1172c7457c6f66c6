import { z } from 'zod';
import { laggingStore } from './replication.js';

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();
const seconds = z.number().nonnegative();
const database = z.string().exactOptional().describe('absent for the globals');
const lagging = z
  .array(laggingStore)
  .exactOptional()
  .describe('replicas that do not have it yet, and why; it is copied there later');

/**
 * The steps of a backup, in their order. The archive is read back beside its encryption, which is one step; where nothing
 * is encrypted, reading back is a step of its own.
 */
const backupSteps = [
  'reserve',
  'dump',
  'compress',
  'readBack',
  'encrypt',
  'upload',
  'verify',
  'commit',
  'replicate',
] as const;
export type BackupStep = (typeof backupSteps)[number];

/** What `backupDatabase` and `backupGlobals` answer. */
export const backupResult = z.object({
  server: z.string(),
  database,
  backupId: z.string(),
  manifestKey: z.string().describe('where in the store the manifest is'),
  artifactKey: z.string().describe('where in the store the archive is'),
  store: z.string().describe('name of the store'),
  bytes: bytes.describe('size of the artifact'),
  dumpBytes: bytes.describe('size of the dump it was made from'),
  tables: count,
  rows: count,
  lagging,
  secondsPerStep: z.partialRecord(z.enum(backupSteps), seconds),
});

/** The steps of a base backup, in their order. */
const baseBackupSteps = [
  'reserve',
  'baseBackup',
  'upload',
  'verify',
  'awaitWal',
  'commit',
  'replicate',
] as const;
export type BaseBackupStep = (typeof baseBackupSteps)[number];

/** What `backupCluster` answers. */
export const baseBackupResult = z.object({
  server: z.string(),
  systemIdentifier: z.string(),
  backupId: z.string(),
  incrementalTo: z
    .string()
    .exactOptional()
    .describe('the base backup since which it holds the changes; absent when it is whole'),
  manifestKey: z.string().describe('where in the store the manifest is'),
  artifactKey: z.string().describe('where in the store the archive is'),
  store: z.string().describe('name of the store'),
  bytes: bytes.describe('size of the artifact'),
  dataBytes: bytes.describe('size of what the server sent'),
  timeline: count,
  startLsn: z.string().describe('WAL is needed from here'),
  stopLsn: z.string().describe('to here at least'),
  stopTime: z.string().describe('the first moment that can be recovered from it'),
  lagging,
  secondsPerStep: z.partialRecord(z.enum(baseBackupSteps), seconds),
});

const outcomeOf = { database, seconds };

/** What became of one database, or of the globals, in `backupDatabases`. */
const backupOutcome = z.discriminatedUnion('outcome', [
  z.object({ ...outcomeOf, outcome: z.literal('committed'), backupId: z.string(), bytes, dumpBytes: bytes }),
  z.object({
    ...outcomeOf,
    outcome: z.enum(['failed', 'cancelled']),
    type: z.string().describe('the type of the failure'),
    message: z.string(),
  }),
]);

/** What `backupDatabases` answers; a run that ends as `BackupsFailed` or `Stalled` has it as detail. */
export const backupsResult = z.object({
  server: z.string(),
  backups: z.array(backupOutcome),
  lagging,
  pruned: z.object({ kept: count, deleted: count }).exactOptional(),
  pruneFailure: z.string().exactOptional().describe('why pruning did not finish, when it did not'),
});

/** One decision of retention, and the rule that made it. */
const retentionDecision = z.object({
  database,
  kind: z.literal('base').exactOptional().describe('present for a base backup, which is of the whole server'),
  backupId: z.string(),
  keep: z.boolean(),
  rules: z
    .array(z.string())
    .describe('what decided it: daily, weekly, monthly, newest, proven, base, parent, expired, …'),
});

/**
 * What `pruneBackups` answers. Kept under 4 KiB: `decisions` is cut after the first 20, those that delete first;
 * `prune --json` on the CLI computes the whole list from the store.
 */
export const pruneResult = z.object({
  server: z.string(),
  dryRun: z.boolean(),
  kept: count,
  deleted: count,
  orphansSwept: count.describe('unfinished uploads and artifacts without a manifest that were removed'),
  walDeleted: count.describe('objects of WAL that no base backup needs any more'),
  replicas: z
    .array(
      z.union([
        z.object({ store: z.string(), kept: count, deleted: count, orphansSwept: count, walDeleted: count }),
        z.object({ store: z.string(), failure: z.string().describe('why it was not pruned this time') }),
      ]),
    )
    .exactOptional()
    .describe('what went of each replica; absent where there are none, and after a dry run'),
  decisions: z.array(retentionDecision).describe('the first 20, those that delete first'),
});

export type BackupResult = z.infer<typeof backupResult>;
export type BaseBackupResult = z.infer<typeof baseBackupResult>;
export type BackupOutcome = z.infer<typeof backupOutcome>;
export type BackupsResult = z.infer<typeof backupsResult>;
export type RetentionDecision = z.infer<typeof retentionDecision>;
export type PruneResult = z.infer<typeof pruneResult>;

/** Answer to the query `progress` of `backupDatabase`, `backupGlobals` and `backupCluster`. */
export interface BackupProgress {
  step: BackupStep | BaseBackupStep | 'planning' | 'committed' | 'failed' | 'cancelled';
  backupId?: string;
  /** The workflow that does the work, when it is another one: of each database there is one at a time. */
  workflowId?: string;
  /** Bytes the current step has to do. How many it has done is in its heartbeat (`pendingActivities`). */
  bytesExpected: number;
}

/** Answer to the query `progress` of `backupDatabases`. */
export interface BackupsProgress {
  step: 'planning' | 'backups' | 'prune' | 'notify' | 'done';
  backups: {
    /** Absent for the globals. */
    database?: string;
    state: 'waiting' | 'running' | 'committed' | 'failed' | 'cancelled';
    /** The child workflow, to ask for its own progress. */
    workflowId: string;
    bytesExpected: number;
    bytesDone: number;
  }[];
}
