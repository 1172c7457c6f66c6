import { isTrouble, type NotificationEvent } from '../model/notification.js';
import { redact } from './redaction.js';

/** Lines of details in a message to people, who find all of them in the run's result. */
const DETAILS_SHOWN = 20;

/** An event for people: the first line says all that a lock screen shows. Without secrets. */
export function describeEvent(event: NotificationEvent): string {
  const { type, what, failure, details = [], findings = [], timestamp, workflowId } = event;
  const headline = isTrouble(event) ? 'TROUBLE' : type === 'finding.resolved' ? 'RESOLVED' : 'OK';
  const lines = [
    ...details,
    ...(details.length > 0 ? [] : findings.map(({ severity, what: found }) => `${severity}: ${found}`)),
  ];
  const more = lines.length - DETAILS_SHOWN;
  return redact(
    [
      `${headline}: ${what}`,
      ...(failure ? [failure.message] : []),
      ...lines.slice(0, DETAILS_SHOWN).map((line) => `- ${line}`),
      ...(more > 0 ? [`- and ${more} more`] : []),
      `${timestamp.slice(0, 19).replace('T', ' ')} UTC, workflow ${workflowId}`,
    ].join('\n'),
  );
}
