/**
 * The steps of a backup, in their order. The archive is read back beside its encryption, which is one step; where nothing
 * is encrypted, reading back is a step of its own.
 */
export type BackupStep =
  'reserve' | 'dump' | 'compress' | 'readBack' | 'encrypt' | 'upload' | 'verify' | 'commit';

/** What `backupDatabase` and `backupGlobals` answer. */
export interface BackupResult {
  server: string;
  /** Absent for the globals. */
  database?: string;
  backupId: string;
  manifestKey: string;
  artifactKey: string;
  store: string;
  /** Size of the artifact. */
  bytes: number;
  /** Size of the dump it was made from. */
  dumpBytes: number;
  tables: number;
  rows: number;
  secondsPerStep: Partial<Record<BackupStep, number>>;
}

/** What became of one database, or of the globals where `database` is absent, in `backupDatabases`. */
export type BackupOutcome = { database?: string; seconds: number } & (
  | { outcome: 'committed'; backupId: string; bytes: number; dumpBytes: number }
  | { outcome: 'failed' | 'cancelled'; type: string; message: string }
);

/** What `backupDatabases` answers; a run in which anything failed ends with type `BackupsFailed` and this as detail. */
export interface BackupsResult {
  server: string;
  backups: BackupOutcome[];
  pruned?: { kept: number; deleted: number };
  /** Why pruning did not finish, when it did not. */
  pruneFailure?: string;
}

/** One decision of retention, and the rule that made it. */
export interface RetentionDecision {
  /** The database, or undefined for the globals. */
  database?: string;
  backupId: string;
  keep: boolean;
  /** e.g. `daily`, `weekly`, `monthly`, `newest`, `expired`. */
  rules: string[];
}

/**
 * What `pruneBackups` answers. Kept under 4 KiB: `decisions` is cut after the first 20, those that delete first;
 * `prune --json` on the CLI computes the whole list from the store.
 */
export interface PruneResult {
  server: string;
  dryRun: boolean;
  kept: number;
  deleted: number;
  orphansSwept: number;
  decisions: RetentionDecision[];
}

/** Answer to the query `progress` of `backupDatabase` and `backupGlobals`. */
export interface BackupProgress {
  step: BackupStep | 'planning' | 'committed' | 'failed' | 'cancelled';
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
