import { z } from 'zod';
import { OperationError } from './failures.js';

/** A refinement, not a pattern: a JSON Schema is read by many languages, and few know `\p{Surrogate}`. */
const name = z
  .string()
  .min(1)
  .max(63)
  .refine((text) => !/[\0\p{Surrogate}]/u.test(text), 'must hold no NUL and no half of a character');
const common = {
  server: name
    .optional()
    .describe('a server of backups.yaml; may be left out when exactly one is configured'),
};
const reason = z.string().max(1000).optional().describe('why; kept with the run');
const databases = z.array(name).min(1).optional();
const from = z.string().min(1).optional();

/** The argument of `backupDatabases`. */
export const backupDatabasesArgument = z.strictObject({
  ...common,
  databases: databases.describe('left out: every configured one, and the globals'),
  reason,
});

/** The argument of `backupDatabase`. */
export const backupDatabaseArgument = z.strictObject({
  ...common,
  database: name,
  reason,
});

/** The argument of `backupGlobals`. */
export const backupGlobalsArgument = z.strictObject({ ...common, reason });

/** The argument of `pruneBackups`. */
export const pruneBackupsArgument = z.strictObject({
  ...common,
  dryRun: z.boolean().optional().describe('answers with what would be deleted, and deletes nothing'),
});

/** The argument of `restoreDatabase`. */
export const restoreDatabaseArgument = z
  .strictObject({
    ...common,
    database: name.describe('the database whose backup is restored'),
    backup: z
      .union([z.string().min(1), z.strictObject({ before: z.iso.datetime({ offset: true }) })])
      .optional()
      .describe('"latest" (the default), a backup’s id, or {before}: the last one made before a moment'),
    from: from.describe('name of the store to read; default: the first one that has the backup'),
    into: z
      .strictObject({ server: name.optional(), database: name.optional() })
      .optional()
      .describe('where to; default: the backup’s own server, and <database>_restored_<time>'),
    mode: z
      .enum(['beside', 'swap'])
      .optional()
      .describe(
        '"beside" (the default) makes a new database; "swap" then puts it in the place of the live one, once people have approved it',
      ),
    tables: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(100)
      .optional()
      .describe(
        'restores only these, beside the live database: name, or schema.name, as the inventory has them (not quoted); one that is partitioned stands for all its partitions',
      ),
    createRoles: z
      .boolean()
      .optional()
      .describe('makes the roles that the target lacks, from the backup of the globals'),
    dryRun: z.boolean().optional().describe('answers with the plan and does nothing'),
    requestedBy: z
      .string()
      .max(200)
      .optional()
      .describe('who asks, for the people who approve it and for the audit trail'),
    reason: reason.describe('why, for the people who approve it and for the audit trail'),
  })
  .refine(({ mode, tables }) => mode !== 'swap' || tables === undefined, {
    path: ['tables'],
    message:
      'cannot be given with mode swap, which would leave the live database with these alone; restore them beside it',
  });

/** The argument of `drillRestore`. */
export const drillRestoreArgument = z.strictObject({
  ...common,
  databases: databases.describe('left out: every configured one, and the globals'),
  from: from.describe('name of the store to read; default: the primary'),
});

/** The argument of `backupCluster`. */
export const backupClusterArgument = z.strictObject({ ...common, reason });

/** The argument of `archiveWal`. */
export const archiveWalArgument = z.strictObject({ ...common });

/** The argument of `recoverToPointInTime`. */
export const recoverToPointInTimeArgument = z
  .strictObject({
    ...common,
    targetTime: z.iso
      .datetime({
        offset: true,
        error: 'needs a time with its zone, e.g. 2026-03-04T14:29:00Z or 2026-03-04T15:29:00+01:00',
      })
      .optional()
      .describe('what was committed up to this moment is there, and nothing that was committed later'),
    targetLsn: z
      .string()
      .regex(/^[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}$/, 'needs an LSN as PostgreSQL prints it, e.g. 0/3000148')
      .optional()
      .describe('up to and with this position in the log'),
    targetName: z
      .string()
      .min(1)
      .max(63)
      .optional()
      .describe('up to the restore point of that name (pg_create_restore_point)'),
    latest: z.literal(true).optional().describe('everything that was archived'),
    database: name
      .optional()
      .describe('takes this one out of the recovered server; left out: the whole server'),
    from: from.describe('name of the store to read; default: the first one that has what is needed'),
    into: z
      .strictObject({
        server: name.optional(),
        database: name.optional(),
        directory: z.string().startsWith('/').optional(),
      })
      .optional()
      .describe(
        'with a database: the server and the name it is given, default <database>_restored_<time> on its own server; else: directory, the data directory to make, on the restore worker, or server, an empty one that gets all roles and databases',
      ),
    mode: z.enum(['beside', 'swap']).optional().describe('with a database: as in restoreDatabase'),
    dryRun: z.boolean().optional().describe('answers with the plan and does nothing'),
    requestedBy: z.string().max(200).optional(),
    reason,
  })
  .refine(
    ({ targetTime, targetLsn, targetName, latest }) =>
      [targetTime, targetLsn, targetName, latest].filter((target) => target !== undefined).length === 1,
    'expected exactly one of targetTime, targetLsn, targetName and latest',
  );

/** The argument of `verifyBackups`. */
export const verifyBackupsArgument = z.strictObject({
  ...common,
  readBack: z
    .boolean()
    .optional()
    .describe('whether it also reads a day’s share of the stores back whole; default: true'),
});

/** The argument of `drillDisasterRecovery`. */
export const drillDisasterRecoveryArgument = z.strictObject({
  ...common,
  from: from.describe('name of the store to read; default: the primary'),
});

/** The argument of `recoverServer`. */
export const recoverServerArgument = z.strictObject({
  ...common,
  from,
  into: z
    .strictObject({ directory: z.string().startsWith('/').optional(), server: name.optional() })
    .refine(
      ({ directory, server }) => (directory === undefined) !== (server === undefined),
      'expected exactly one of directory and server',
    )
    .describe(
      'directory: the data directory to make, empty or not there, on the restore worker; server: the name in backups.yaml of an empty server that gets all roles and databases',
    ),
  pointInTime: z.iso.datetime({ offset: true }).optional().describe('left out: everything that was archived'),
  dryRun: z.boolean().optional().describe('answers with the plan and does nothing'),
  requestedBy: z.string().max(200).optional(),
  reason,
});

/** The argument of `replicate`. */
export const replicateArgument = z.strictObject({
  server: name.describe('a server of backups.yaml'),
  store: z.string().min(1).describe('name of the store to copy to; what is copied is read from the primary'),
});

export type ReplicateArgument = z.infer<typeof replicateArgument>;
export type BackupClusterArgument = z.infer<typeof backupClusterArgument>;
export type ArchiveWalArgument = z.infer<typeof archiveWalArgument>;
export type RecoverToPointInTimeArgument = z.infer<typeof recoverToPointInTimeArgument>;
export type VerifyBackupsArgument = z.infer<typeof verifyBackupsArgument>;
export type DrillDisasterRecoveryArgument = z.infer<typeof drillDisasterRecoveryArgument>;
export type RecoverServerArgument = z.infer<typeof recoverServerArgument>;
export type RestoreDatabaseArgument = z.infer<typeof restoreDatabaseArgument>;
export type DrillRestoreArgument = z.infer<typeof drillRestoreArgument>;
export type BackupDatabasesArgument = z.infer<typeof backupDatabasesArgument>;
export type BackupDatabaseArgument = z.infer<typeof backupDatabaseArgument>;
export type BackupGlobalsArgument = z.infer<typeof backupGlobalsArgument>;
export type PruneBackupsArgument = z.infer<typeof pruneBackupsArgument>;

/** Faults in a message that Temporal stores. */
const FAULTS_SHOWN = 5;

/**
 * Checks a workflow's argument.
 *
 * @throws OperationError `InvalidArgument` naming the fields that are wrong and what was expected
 */
export function parseArgument<T>(workflowType: string, schema: z.ZodType<T>, argument: unknown): T {
  const parsed = schema.safeParse(argument ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, FAULTS_SHOWN).map(describeIssue).join(', and ');
  throw new OperationError(
    'InvalidArgument',
    `The argument of ${workflowType} is wrong: ${faults}; correct it and start again.`,
  );
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')}: is not a field of it`;
  return `${issue.path.join('.') || 'the whole'}: ${issue.message.replace(/^Invalid input: /, '')}`;
}
