import { z } from 'zod';
import { readFrom } from './read-from.js';

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();

/** A table of a database. */
const tableName = z.object({ schema: z.string(), name: z.string() });

/** Who must agree before anything is done. */
export const approvalPlan = z.object({
  provider: z.enum(['temponest', 'signal', 'none']),
  needed: z
    .int()
    .min(0)
    .max(2)
    .describe(
      'how many different people must agree: none for what is made beside, one for handing over a server, two for replacing a live database',
    ),
  approvers: z.array(z.string()).describe('for the provider signal: who may'),
  timeoutSeconds: z.int(),
});

/** What one restore does, decided at its start; also the answer to a dry run. Small: the inventory stays in the store. */
export const restorePlan = z.object({
  backup: z.object({
    server: z.string(),
    database: z.string(),
    id: z.string(),
    snapshotTime: z.string().describe('the moment that the data is of, ISO 8601'),
    ageSeconds: z.number().describe('how old that is when the plan is made'),
    bytes: bytes.describe('size of the artifact'),
    dumpBytes: bytes.describe('size of the dump in it'),
    tables: count,
    rows: count,
  }),
  ...readFrom,
  into: z
    .object({ server: z.string(), database: z.string() })
    .describe('the database that is made; a swap then gives it the name of the live one'),
  mode: z.enum(['beside', 'swap']),
  tables: z.array(tableName).optional().describe('only these are restored; absent for all'),
  createRoles: z.boolean(),
  ofServer: z
    .int()
    .optional()
    .describe('its place among the databases of a whole server, which are all completed together'),
  replaces: z
    .object({ database: z.string(), bytes, becomes: z.string() })
    .optional()
    .describe('for a swap: the live database, and the name under which it is kept'),
  missing: z
    .object({
      roles: z.array(z.string()),
      extensions: z.array(z.string()),
      stagingBytes: bytes.describe('bytes that the staging volume has too few'),
    })
    .describe(
      'what the target lacks; a restore is refused while anything stands here (roles not, when createRoles is true)',
    ),
  lastSeconds: z
    .number()
    .optional()
    .describe('how long the last restore of this database took, where one is known'),
  approval: approvalPlan,
  recovered: z
    .literal(true)
    .optional()
    .describe('taken out of a recovered server: what it is of lies in staging, and in no store'),
  beginning: z
    .int()
    .optional()
    .describe('2 or 3 when it was begun anew, because its staging was lost; each has files of its own'),
  major: z.int().describe('major version of the target, and so of the programs to use'),
  jobs: z.int().describe('workers of pg_restore'),
  stagingBytes: bytes.describe(
    'staging space it takes at most: artifact, unpacked dump, and the dump that is made to compare',
  ),
  heartbeatSeconds: z.int(),
});

export type RestorePlan = z.infer<typeof restorePlan>;

/** The steps of a restore, in their order. */
export const restoreSteps = [
  'planning',
  'approval',
  'reserve',
  'download',
  'unpack',
  'roles',
  'restore',
  'compare',
  'swap',
] as const;
export type RestoreStep = (typeof restoreSteps)[number];

/** What `restoreDatabase` answers. */
export const restoreResult = z.object({
  dryRun: z.boolean(),
  plan: restorePlan,
  restored: z
    .object({
      server: z.string(),
      database: z.string(),
      tables: count,
      rows: count,
      bytes,
      notes: z
        .array(z.string())
        .describe('what could not be compared exactly, and how it was compared instead'),
    })
    .optional()
    .describe('what was made, and is row for row what was backed up; absent after a dry run'),
  passedOver: z
    .array(z.string())
    .optional()
    .describe('why stores that were to give it did not, one sentence each; absent when the first one did'),
  replaced: z
    .object({ database: z.string(), undo: z.string() })
    .optional()
    .describe('after a swap: where the replaced database is, and the command that puts it back'),
  roles: z
    .object({
      created: z.array(z.string()),
      omittedMemberships: z.array(z.object({ role: z.string(), member: z.string() })),
    })
    .optional()
    .describe('the roles that were made first, and the memberships that they had and could not get'),
  approvedBy: z.array(z.string()),
  secondsPerStep: z.partialRecord(z.enum(restoreSteps), z.number()),
});

export type RestoreResult = z.infer<typeof restoreResult>;

/** Answer to the query `progress` of `restoreDatabase`. */
export interface RestoreProgress {
  step: RestoreStep | 'committed' | 'failed' | 'cancelled';
  backupId?: string;
  /** The database that is being made. */
  database?: string;
  /** Bytes the current step has to do. How many it has done is in its heartbeat (`pendingActivities`). */
  bytesExpected: number;
  /** While waiting for approval: whose answer is there already, and how many are needed. */
  approvals?: {
    approvedBy: string[];
    needed: number;
    /** Why the last signal or answer that did not count did not. */
    ignored?: string;
  };
}
