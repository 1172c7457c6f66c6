import { isTrouble, type EventType, type NotificationEvent } from '../model/notification.js';
import { redactedJson } from './redaction.js';
import { sendRequest } from './send-request.js';

const HOUR = 3600_000;
/** How long the alert of a run that failed stands when no success ends it: until the next run of a day has said its own. */
const RUN_ALERT = 26 * HOUR;
/** A finding is told of once, and stands until it is resolved: no shorter than anybody may take for that. */
const FINDING_ALERT = 90 * 24 * HOUR;

/** The name of the alert that an event raises or ends; a success and the failure that it ends have the same. */
const nameOf: Record<EventType, string> = {
  'backup.failed': 'TempoNestBackupFailed',
  'backup.succeeded': 'TempoNestBackupFailed',
  'replica.failed': 'TempoNestReplicaFailed',
  'replica.succeeded': 'TempoNestReplicaFailed',
  'wal.failed': 'TempoNestWalArchivingFailed',
  'wal.gap': 'TempoNestWalGap',
  'restore.failed': 'TempoNestRestoreFailed',
  'restore.succeeded': 'TempoNestRestoreFailed',
  'recovery.failed': 'TempoNestRecoveryFailed',
  'recovery.succeeded': 'TempoNestRecoveryFailed',
  'drill.failed': 'TempoNestDrillFailed',
  'drill.succeeded': 'TempoNestDrillFailed',
  'verify.failed': 'TempoNestVerificationFailed',
  'finding.new': 'TempoNestBackupFinding',
  'finding.resolved': 'TempoNestBackupFinding',
};

/** @see https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml (postableAlert) */
export interface PostableAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt?: string;
  endsAt: string;
}

/**
 * An event as alerts: one, or one for each finding. Labels say what it is about and nothing of the single run, so that the
 * next failure of the same goes on with the alert, and a success ends it.
 *
 * @param now - an alert ends no earlier than this: Alertmanager ignores what has ended long ago
 */
export function toAlerts(event: NotificationEvent, now: Date): PostableAlert[] {
  const { type, what, timestamp, server, store, workflowType, failure, details = [] } = event;
  const happened = new Date(timestamp).getTime();
  const common = {
    alertname: nameOf[type],
    job: 'temponest-backups',
    ...(server === undefined ? {} : { server }),
    ...(store === undefined ? {} : { store }),
  };
  const times = (standing: number) =>
    isTrouble(event)
      ? { startsAt: timestamp, endsAt: new Date(happened + standing).toISOString() }
      : { endsAt: now.toISOString() };
  const run = { workflow_id: event.workflowId, run_id: event.runId };
  if (event.findings)
    return event.findings.map(({ id, severity, what: found, where, remedy }) => ({
      labels: { ...common, severity, finding: id },
      annotations: { summary: found, description: `${where}: ${remedy}`, ...run },
      ...times(FINDING_ALERT),
    }));
  return [
    {
      labels: {
        ...common,
        severity: 'critical',
        ...(workflowType === undefined ? {} : { workflow: workflowType }),
      },
      annotations: {
        summary: what,
        description: [...(failure ? [failure.message] : []), ...details].join('\n'),
        ...run,
      },
      ...times(RUN_ALERT),
    },
  ];
}

/**
 * Posts an event to an Alertmanager.
 *
 * @param url - its base address, e.g. `http://alertmanager:9093`
 * @throws Error when it is not taken; names the host only
 */
export async function postAlerts(url: string, event: NotificationEvent, signal: AbortSignal): Promise<void> {
  await sendRequest(
    `Alertmanager at ${new URL(url).host}`,
    `${url.replace(/\/+$/, '')}/api/v2/alerts`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: redactedJson(toAlerts(event, new Date())),
    },
    signal,
  );
}
