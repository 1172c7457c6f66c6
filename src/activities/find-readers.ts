import type { Client } from '@temporalio/client';
import { z } from 'zod';
import type { Readers } from '../catalogue/prune-guards.js';

/** Workflows that read a base backup and the WAL after it. */
const RECOVERIES = ['recoverToPointInTime', 'recoverServer', 'drillDisasterRecovery'];

/** What a run shows of itself once it is planned. */
const memoSchema = z.object({ BackupServer: z.string(), BackupId: z.string().optional() });

/**
 * Finds what reads backups of a server at present, so that nothing is deleted under it. A recovery that has not planned yet
 * may be of any server, and choose any base backup.
 *
 * @see https://docs.temporal.io/list-filter
 */
export async function findReaders(temporal: Client, server: string): Promise<Readers> {
  const types = ['restoreDatabase', ...RECOVERIES].map((type) => `'${type}'`).join(', ');
  const query = `ExecutionStatus = 'Running' AND WorkflowType IN (${types})`;
  const readers: Readers = { backups: new Set(), recovers: false };
  for await (const { type, memo } of temporal.workflow.list({ query })) {
    const shown = memoSchema.safeParse(memo).data;
    if (RECOVERIES.includes(type)) readers.recovers ||= shown === undefined || shown.BackupServer === server;
    else if (shown?.BackupServer === server && shown.BackupId !== undefined)
      readers.backups.add(shown.BackupId);
  }
  return readers;
}
