import type { Finding } from './findings.js';

/** What a channel can ask for: how something ended, or what it is about. */
export const eventGroups = [
  'failure',
  'success',
  'backup',
  'wal',
  'restore',
  'recovery',
  'drill',
  'finding',
] as const;
export type EventGroup = (typeof eventGroups)[number];

/**
 * The events that people are told of, each with the groups that it belongs to. Whoever hears that something is wrong also
 * hears that it no longer is: a finding that is resolved belongs to the failures.
 */
const groupsOf = {
  'backup.failed': ['failure', 'backup'],
  'backup.succeeded': ['success', 'backup'],
  'replica.failed': ['failure', 'backup'],
  'replica.succeeded': ['success', 'backup'],
  'wal.failed': ['failure', 'wal'],
  'wal.gap': ['failure', 'wal'],
  'restore.failed': ['failure', 'restore'],
  'restore.succeeded': ['success', 'restore'],
  'recovery.failed': ['failure', 'recovery'],
  'recovery.succeeded': ['success', 'recovery'],
  'drill.failed': ['failure', 'drill'],
  'drill.succeeded': ['success', 'drill'],
  'verify.failed': ['failure', 'finding'],
  'finding.new': ['failure', 'finding'],
  'finding.resolved': ['failure', 'success', 'finding'],
} as const satisfies Record<string, readonly EventGroup[]>;

export type EventType = keyof typeof groupsOf;

/** Something people are told of. */
export interface NotificationEvent {
  type: EventType;
  /** What it is about, e.g. `Nightly backups of server temponest`. */
  what: string;
  /** When it happened, in ISO 8601; a channel that was down hears of it later. */
  timestamp: string;
  /** The server in backups.yaml, where it is known. */
  server?: string;
  /** The store that is copied to, of events of a replica. */
  store?: string;
  /** With them an alert that a failure has raised is ended by a success of the same. */
  workflowType?: string;
  workflowId: string;
  runId: string;
  /** The run covered everything that is configured for its server: its heartbeat is sent. */
  isWhole?: boolean;
  /** For a failure: its type, and one sentence with what is wrong and what to do. */
  failure?: { type: string; message: string };
  /** One line per database. */
  details?: string[];
  /** Those that are new, or resolved. */
  findings?: Pick<Finding, 'id' | 'severity' | 'what' | 'where' | 'remedy'>[];
}

/** Whether an event belongs to one of the groups that a channel asks for. */
export function isWanted({ type }: Pick<NotificationEvent, 'type'>, groups: readonly EventGroup[]): boolean {
  return groupsOf[type].some((group) => groups.includes(group));
}

/** Whether an event says that something is wrong. */
export function isTrouble({ type }: Pick<NotificationEvent, 'type'>): boolean {
  return type !== 'finding.resolved' && isWanted({ type }, ['failure']);
}

/** The id of the workflow that tells the channels how a run ended. */
export function notificationId({ workflowId, runId }: { workflowId: string; runId: string }): string {
  return `${workflowId}/notification/${runId}`;
}
