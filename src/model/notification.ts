/** Something people are told of. */
export interface NotificationEvent {
  type: 'backup.failed' | 'backup.succeeded' | 'drill.succeeded';
  /** What it is about, e.g. `Nightly backups of server temponest`. */
  what: string;
  workflowId: string;
  runId: string;
  /** For a failure: its type, and one sentence with what is wrong and what to do. */
  failure?: { type: string; message: string };
  /** One line per database. */
  details?: string[];
}
