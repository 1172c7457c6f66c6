/** Something that was done, for whoever asks later who did what. Holds no secret and no data. */
export interface AuditEvent {
  action: 'restore' | 'recover' | 'drill' | 'cutover';
  /** ISO 8601, when it ended. */
  time: string;
  server: string;
  database?: string;
  outcome: 'committed' | 'failed' | 'cancelled';
  workflowId: string;
  runId: string;
  requestedBy?: string;
  reason?: string;
  approvedBy?: string[];
  /** What it was, in facts: backup, what was made, what was replaced. */
  facts: Record<string, string | number>;
  failure?: { type: string; message: string };
}

/** The "directory" of all events. */
export const auditPrefix = 'audit/';

/** The key of an event: `audit/<yyyy>/<mm>/<dd>/<time>_<action>_<run id>.json`. The same event always has the same. */
export function auditKey({ time, action, runId }: AuditEvent): string {
  const [day] = time.split('T') as [string];
  return `${auditPrefix}${day.replaceAll('-', '/')}/${time.replaceAll(/[-:]/g, '')}_${action}_${runId}.json`;
}
