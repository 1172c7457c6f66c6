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
