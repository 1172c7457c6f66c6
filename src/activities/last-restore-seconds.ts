import type { Client } from '@temporalio/client';
import { z } from 'zod';

/** Runs that are looked at, the newest first: a dry run restores nothing and tells nothing. */
const RUNS_LOOKED_AT = 20;

const memoSchema = z.object({ RestoreSeconds: z.number() });

/**
 * How long the last restore of a database took, by what such runs leave in their memo; undefined when Temporal knows of
 * none.
 *
 * @see https://docs.temporal.io/list-filter
 */
export async function lastRestoreSeconds(
  temporal: Client,
  { server, database }: { server: string; database: string },
): Promise<number | undefined> {
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const query = [
    "WorkflowType = 'restoreDatabase'",
    "ExecutionStatus = 'Completed'",
    `BackupServer = ${quote(server)}`,
    `BackupDatabase = ${quote(database)}`,
  ].join(' AND ');
  let looked = 0;
  for await (const { memo } of temporal.workflow.list({ query })) {
    const seconds = memoSchema.safeParse(memo).data?.RestoreSeconds;
    if (seconds !== undefined) return seconds;
    looked += 1;
    if (looked === RUNS_LOOKED_AT) break;
  }
  return undefined;
}
