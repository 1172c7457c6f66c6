import { z } from 'zod';

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();

/** A table of a database. */
const tableName = z.object({ schema: z.string(), name: z.string() });

/** What one restore does, decided at its start; also the answer to a dry run. Small: the inventory stays in the store. */
export const restorePlan = z.object({
  backup: z.object({
    server: z.string(),
    database: z.string(),
    id: z.string(),
    /** The moment that the data is of, ISO 8601. */
    snapshotTime: z.string(),
    /** How old that is when the plan is made. */
    ageSeconds: z.number(),
    /** Size of the artifact, and of the dump in it. */
    bytes,
    dumpBytes: bytes,
    tables: count,
    rows: count,
  }),
  /** The store that is read. */
  store: z.string(),
  /** The database that is made. A swap then gives it the live one's name. */
  into: z.object({ server: z.string(), database: z.string() }),
  mode: z.enum(['beside', 'swap']),
  /** Only these are restored; absent for all. */
  tables: z.array(tableName).optional(),
  createRoles: z.boolean(),
  /** For a swap: the live database, and the name under which it is kept. */
  replaces: z.object({ database: z.string(), bytes, becomes: z.string() }).optional(),
  /** What the target lacks; a restore is refused while anything stands here (roles not, when they are to be made). */
  missing: z.object({
    roles: z.array(z.string()),
    extensions: z.array(z.string()),
    /** Bytes that the staging volume has too few. */
    stagingBytes: bytes,
  }),
  /** How long the last restore of this database took, where one is known. */
  lastSeconds: z.number().optional(),
  approval: z.object({
    provider: z.enum(['temponest', 'signal', 'none']),
    /** How many different people must agree: none for `beside`, two for replacing a live database. */
    needed: z.int().min(0).max(2),
    /** For `signal`: who may. */
    approvers: z.array(z.string()),
    timeoutSeconds: z.int(),
  }),
  /** Major version of the target, and so of the programs to use. */
  major: z.int(),
  /** Workers of pg_restore. */
  jobs: z.int(),
  /** Staging space it takes at most: artifact, unpacked dump, and the dump that is made to compare. */
  stagingBytes: bytes,
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
  /** What was made; absent after a dry run. */
  restored: z
    .object({
      server: z.string(),
      database: z.string(),
      tables: count,
      rows: count,
      bytes,
      /** What could not be compared exactly, and how it was compared instead. */
      notes: z.array(z.string()),
    })
    .optional(),
  /** After a swap: where the replaced database is, and what puts it back. */
  replaced: z.object({ database: z.string(), undo: z.string() }).optional(),
  /** The roles that were made first, and the memberships that they had and could not get. */
  roles: z
    .object({
      created: z.array(z.string()),
      omittedMemberships: z.array(z.object({ role: z.string(), member: z.string() })),
    })
    .optional(),
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
