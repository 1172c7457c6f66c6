import { z } from 'zod';
import { recoveryTarget } from './recovery-target.js';
import { approvalPlan, type RestoreProgress } from './restore.js';
import { readFrom } from './read-from.js';

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();

/** Where a recovered server is handed over, into which it is carried, or which database is taken out of it. */
const recoveryOutcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('directory'),
    directory: z.string().describe('the data directory that is made, on the restore worker'),
  }),
  z.object({
    kind: z.literal('server'),
    into: z.string().describe('name of the empty server that gets all roles and databases'),
  }),
  z.object({
    kind: z.literal('database'),
    database: z.string().describe('the one that is taken out of the recovered server'),
    into: z
      .object({ server: z.string(), database: z.string() })
      .describe('the database that is made; a swap then gives it the name of the live one'),
    mode: z.enum(['beside', 'swap']),
    replaces: z
      .object({ database: z.string(), bytes, becomes: z.string() })
      .optional()
      .describe('for a swap: the live database, and the name under which it is kept'),
  }),
]);

/** From what a server is recovered, and how far; whatever is then done with it. */
export const rollForwardPlan = z.object({
  id: z.string().describe('names what comes of it, by the moment of the target or of the plan'),
  server: z.string(),
  systemIdentifier: z.string(),
  ...readFrom,
  target: recoveryTarget,
  baseBackup: z.object({
    id: z.string(),
    stopTime: z.string().describe('when it had ended, ISO 8601'),
    bytes: bytes.describe('as stored, with those that it holds only the changes since'),
    dataBytes: bytes.describe('as a data directory'),
  }),
  wal: z.object({
    timeline: z.int().describe('the timeline that is followed'),
    segments: count.describe('how many are replayed'),
    segmentBytes: bytes.describe('size of each, as replayed'),
    last: z.string().optional().describe('the last of them'),
    bytes: bytes.describe('as stored'),
  }),
  isUpToDate: z.boolean().describe('whether nothing can be had that would reach further towards the target'),
  estimatedSeconds: z
    .number()
    .describe('a rough guess from the sizes; what it took in the last drill is the better one'),
  missingStagingBytes: bytes.describe(
    'bytes that the staging volume has too few; refused while there are any',
  ),
  major: z.int().describe('major version of the server, and so of the programs to use'),
  jobs: z.int().describe('workers of pg_dump and pg_restore'),
  stagingBytes: bytes.describe('staging space it takes at most'),
  heartbeatSeconds: z.int(),
  beginning: z.int().optional().describe('how often it was begun, when its staging was lost'),
});

export type RollForwardPlan = z.infer<typeof rollForwardPlan>;

/** What one recovery does, decided at its start; also the answer to a dry run. */
export const recoveryPlan = rollForwardPlan.extend({ outcome: recoveryOutcome, approval: approvalPlan });

export type RecoveryPlan = z.infer<typeof recoveryPlan>;

/** Where a recovery has stopped. */
export const recoveryPoint = z.object({
  lsn: z.string(),
  lastTransaction: z
    .string()
    .optional()
    .describe(
      'when the last transaction ended that is in it, ISO 8601; absent when none ended after the base backup',
    ),
  timeline: z.int().describe('the new timeline that begins there'),
  passedOver: z.array(z.string()).optional().describe('why stores that were to give WAL did not'),
  databases: z.array(z.string()),
});

export type RecoveryPoint = z.infer<typeof recoveryPoint>;

/** The steps of a recovery, in their order. */
export const recoverySteps = [
  'planning',
  'approval',
  'reserve',
  'download',
  'unpack',
  'replay',
  'handOver',
  'check',
  'outline',
  'roles',
  'extract',
  'restore',
  'compare',
  'swap',
  'complete',
] as const;
export type RecoveryStep = (typeof recoverySteps)[number];

/** What `recoverToPointInTime` answers. */
export const recoveryResult = z.object({
  dryRun: z.boolean(),
  plan: recoveryPlan,
  reached: recoveryPoint.optional().describe('absent after a dry run'),
  handedOver: z
    .object({ directory: z.string(), owner: z.string().describe('the user that its files belong to') })
    .optional()
    .describe('a data directory that a server of the same major version can be started on'),
  filled: z
    .object({
      server: z.string(),
      roles: count.describe('how many were made'),
      databases: z.array(z.string()),
      ...{ tables: count, rows: count, bytes },
      notes: z.array(z.string()),
    })
    .optional()
    .describe('the empty server that holds every database now, row for row what it was at that moment'),
  restored: z
    .object({
      server: z.string(),
      database: z.string(),
      tables: count,
      rows: count,
      bytes,
      notes: z.array(z.string()),
    })
    .optional()
    .describe('the database that was made, row for row what it was at that moment'),
  replaced: z
    .object({ database: z.string(), undo: z.string() })
    .optional()
    .describe('after a swap: where the replaced database is, and the command that puts it back'),
  notes: z.array(z.string()).describe('what could not be checked'),
  approvedBy: z.array(z.string()),
  secondsPerStep: z.partialRecord(z.enum(recoverySteps), z.number()),
});

export type RecoveryResult = z.infer<typeof recoveryResult>;

/** Answer to the query `progress` of `recoverToPointInTime`. */
export interface RecoveryProgress extends Pick<RestoreProgress, 'backupId' | 'bytesExpected' | 'approvals'> {
  step: RecoveryStep | 'committed' | 'failed' | 'cancelled';
  /** Of a whole server that is carried into another: the database that is made. */
  database?: string;
}

/** One database of a recovered server on its way into an empty one. */
export interface CarriedDatabase {
  database: string;
  /** The name under which it is made. */
  made: string;
  /** Where every new server has an empty one of its name: what that is called until it is dropped. */
  becomes?: string;
  /** Its place among them. */
  ofServer: number;
}
