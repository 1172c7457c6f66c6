import { z } from 'zod';
import { OperationError } from './failures.js';

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();
const seconds = z.number().nonnegative();

/** The format of the reports that this version writes, and the newest one it reads. Unknown fields are ignored. */
export const DRILL_REPORT_FORMAT = '1.0';

/**
 * The ladder that a backup climbs, in order; the globals have the first three, a database all but `globals`.
 *
 * - `artifact`: the store holds it, with the checksum of the manifest
 * - `unpack`: it can be decrypted, decompressed and extracted, and holds what the manifest lists
 * - `globals`: every role, membership and tablespace can be made
 * - `restore`: pg_restore restores it without a word
 * - `inventory`: a dump of what was restored is the same, table by table
 * - `amcheck`: tables and indexes are sound
 * - `checks`: what the operator wants to be true is true
 */
export const drillRungs = [
  'artifact',
  'unpack',
  'globals',
  'restore',
  'inventory',
  'amcheck',
  'checks',
] as const;
export type DrillRung = (typeof drillRungs)[number];

/** What came of one rung. A backup climbs no further when one is not passed, other than for want of means to check. */
export const rungResult = z.object({
  rung: z.enum(drillRungs),
  /**
   * - `failed`: the backup is bad
   * - `notProvable`: the drill could not go on for lack of something here, which says nothing of the backup
   * - `notChecked`: there was no means to check this; the backup went on to the next rung
   */
  outcome: z.enum(['passed', 'failed', 'notProvable', 'notChecked']),
  seconds,
  /** What is wrong, what was missing, or what was checked in another way: sentences. */
  said: z.array(z.string()),
});

/** `proven`: restored, with an identical inventory (for globals: applied), and nothing found against it. */
export const drillVerdicts = ['proven', 'failed', 'notProvable'] as const;
export type DrillVerdict = (typeof drillVerdicts)[number];

const backupFacts = {
  backupId: z.string(),
  /** The moment that the data is of. */
  snapshotTime: z.iso.datetime(),
  /** Size of the artifact, and of the dump in it. */
  bytes,
  dumpBytes: bytes,
  tables: count,
  rows: count,
};
/** Absent for the globals. */
const database = z.string().optional();

/** A backup that a drill is about to try. */
export const plannedBackup = z.object({ database, ...backupFacts });

/** What a drill found out about one database's backup, or that of the globals. */
export const drilledBackup = z.object({
  database,
  /** Absent when there is no backup to try. */
  ...z.object(backupFacts).partial().shape,
  verdict: z.enum(drillVerdicts),
  rungs: z.array(rungResult),
});

/** What one drill does, decided at its start. */
export const drillPlan = z.object({
  /** `drill_<YYYYMMDD>_<HHMMSS>`. */
  id: z.string(),
  server: z.string(),
  /** The store that the backups are read from. */
  store: z.string(),
  startedAt: z.iso.datetime(),
  /** Major version of the scratch server: the newest of the backups'. */
  major: z.int(),
  /** Absent when the server's globals are not backed up. */
  globals: plannedBackup.optional(),
  databases: z.array(plannedBackup),
  /** What is decided before anything is tried: there is no backup, or its manifest cannot be read. */
  decided: z.array(drilledBackup),
  /** Workers of pg_restore, pg_dump and pg_amcheck. */
  jobs: z.int(),
  /** Staging space it takes at most: one database restored and dumped again, the next one downloaded and unpacked. */
  stagingBytes: bytes,
  heartbeatSeconds: z.int(),
});

/** `drills/<server>/<yyyy>/<id>.json`. */
export const drillReport = z.object({
  format: z.string(),
  id: z.string(),
  server: z.string(),
  store: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** Major version of the scratch server. */
  major: z.int(),
  /** How long the scratch server took to be made and to serve. */
  bootSeconds: seconds,
  backups: z.array(drilledBackup),
  /** Measured: how long it takes to have all of it back, one database after the other, by the rungs that a recovery needs. */
  rtoSeconds: seconds,
  /** Age of the oldest of the backups when the drill began: what a loss of the server would have cost. */
  rpoSeconds: seconds.optional(),
  workflowId: z.string(),
  runId: z.string(),
});

/** What `drillRestore` answers. Kept under 4 KiB: `backups` is cut after the first 20, those not proven first. */
export const drillResult = z.object({
  drillId: z.string(),
  server: z.string(),
  store: z.string(),
  reportKey: z
    .string()
    .describe('where the whole report is, in the primary store; the page for people beside it ends in .md'),
  proven: count,
  failed: count,
  notProvable: count,
  rtoSeconds: seconds.describe('how long it takes to have all of it back, as measured'),
  rpoSeconds: seconds
    .optional()
    .describe('age of the oldest of the backups when the drill began: what a loss of the server would cost'),
  backups: z.array(
    z.object({
      database: database.describe('absent for the globals'),
      backupId: z.string().optional().describe('absent when there is no backup to try'),
      verdict: z
        .enum(drillVerdicts)
        .describe('proven: restored, with an identical inventory, and nothing found against it'),
      why: z.string().optional().describe('why it is not proven'),
      seconds,
    }),
  ),
});

export type RungResult = z.infer<typeof rungResult>;
export type PlannedBackup = z.infer<typeof plannedBackup>;
export type DrilledBackup = z.infer<typeof drilledBackup>;
export type DrillPlan = z.infer<typeof drillPlan>;
export type DrillReport = z.infer<typeof drillReport>;
export type DrillResult = z.infer<typeof drillResult>;

/** Answer to the query `progress` of `drillRestore`. */
export interface DrillProgress {
  step: 'planning' | 'reserve' | 'boot' | 'ladder' | 'report' | 'done' | 'failed' | 'cancelled';
  drillId?: string;
  backups: {
    /** Absent for the globals. */
    database?: string;
    state: 'waiting' | DrillRung | DrillVerdict;
    /** Bytes the current rung has to do. How many it has done is in its heartbeat (`pendingActivities`). */
    bytesExpected: number;
  }[];
}

/**
 * Reads a drill's report.
 *
 * @param key - where it was found, for the message
 * @throws OperationError `ManifestUnreadable` when it is not one, or of a newer major format
 */
export function parseDrillReport(text: string, key: string): DrillReport {
  const unreadable = (fault: string, remedy: string) =>
    new OperationError('ManifestUnreadable', `${key} ${fault}; ${remedy}.`);
  const remedy = 'restore it from a copy of the store, or delete it';
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw unreadable('is not JSON', remedy);
  }
  const parsed = drillReport.safeParse(document);
  const format = z.object({ format: z.string() }).safeParse(document).data?.format ?? '0';
  if (Number.parseInt(format) > Number.parseInt(DRILL_REPORT_FORMAT))
    throw unreadable(
      `has format ${format}, newer than ${DRILL_REPORT_FORMAT}`,
      'upgrade TempoNest Backups to read it',
    );
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unreadable(
      `is not the report of a drill: ${issue!.path.join('.') || 'the whole'}: ${issue!.message}`,
      remedy,
    );
  }
  return parsed.data;
}
