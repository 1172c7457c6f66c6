import { z } from 'zod';
import { OperationError } from './failures.js';

const name = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[^\0\p{Surrogate}]*$/u, 'must hold no NUL and no half of a character');
const common = {
  /** The configured server; may be left out when exactly one is configured. */
  server: name.optional(),
};

/** The argument of `backupDatabases`. `databases` left out means every configured one, and the globals. */
export const backupDatabasesArgument = z.strictObject({
  ...common,
  databases: z.array(name).min(1).optional(),
  reason: z.string().max(1000).optional(),
});

/** The argument of `backupDatabase`. */
export const backupDatabaseArgument = z.strictObject({
  ...common,
  database: name,
  reason: z.string().max(1000).optional(),
});

/** The argument of `backupGlobals`. */
export const backupGlobalsArgument = z.strictObject({
  ...common,
  reason: z.string().max(1000).optional(),
});

/** The argument of `pruneBackups`. */
export const pruneBackupsArgument = z.strictObject({ ...common, dryRun: z.boolean().optional() });

/** A table: its name, or schema and name with a dot in between, as the inventory has them (not quoted). */
const tables = z.array(z.string().min(1).max(200)).min(1).max(100);

/** The argument of `restoreDatabase`. */
export const restoreDatabaseArgument = z.strictObject({
  ...common,
  /** The database whose backup is restored. */
  database: name,
  /** `latest` (the default), a backup's id, or the last one made before a moment. */
  backup: z
    .union([z.string().min(1), z.strictObject({ before: z.iso.datetime({ offset: true }) })])
    .optional(),
  /** Name of the store to read from; default: the first one that has the backup. */
  from: z.string().min(1).optional(),
  /** Where to; default: the backup's own server, and `<database>_restored_<time>`. */
  into: z.strictObject({ server: name.optional(), database: name.optional() }).optional(),
  /** `beside` (the default) makes a new database; `swap` then puts it in the place of the live one. */
  mode: z.enum(['beside', 'swap']).optional(),
  /** Restores only these. */
  tables: tables.optional(),
  /** Makes the roles that the target lacks, from the backup of the globals. */
  createRoles: z.boolean().optional(),
  /** Answers with the plan and does nothing. */
  dryRun: z.boolean().optional(),
  requestedBy: z.string().max(200).optional(),
  reason: z.string().max(1000).optional(),
});

/** The argument of `drillRestore`. `databases` left out means every configured one. */
export const drillRestoreArgument = z.strictObject({
  ...common,
  databases: z.array(name).min(1).optional(),
  /** Name of the store to read from; default: the primary. */
  from: z.string().min(1).optional(),
});

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
