/** Something people are told of. */
export interface NotificationEvent {
  type: 'backup.failed' | 'backup.succeeded' | 'drill.succeeded' | 'wal.gap' | 'verify.failed';
  /** What it is about, e.g. `Nightly backups of server temponest`. */
  what: string;
  /** When it happened, in ISO 8601; a channel that was down hears of it later. */
  timestamp: string;
  workflowId: string;
  runId: string;
  /** For a failure: its type, and one sentence with what is wrong and what to do. */
  failure?: { type: string; message: string };
  /** One line per database. */
  details?: string[];
}

/** The id of the workflow that tells the channels how a run ended. */
export function notificationId({ workflowId, runId }: { workflowId: string; runId: string }): string {
  return `${workflowId}/notification/${runId}`;
}
