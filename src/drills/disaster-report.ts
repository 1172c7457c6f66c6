import {
  explainDisasterDrill,
  type DisasterDrillReport,
  type RecoveredCheck,
} from '../model/disaster-drill.js';
import { drillReportKey } from '../model/keys.js';
import { recoverySteps } from '../model/recovery.js';
import type { Store } from '../stores/store.js';
import { durationText, plain, table } from '../model/markdown.js';

const canaries: Record<RecoveredCheck['canary'], string> = {
  recovered: 'It was there.',
  lost: 'It was **not** there.',
  notSent: 'None was sent: the live server could not be asked.',
  notWanted: 'None was sent: a drill from a replica takes the primary store for lost, and measures no loss.',
};

/** The page about a drill for people: did the server come back, how long did it take, what would have been lost. */
function renderDisasterReport(report: DisasterDrillReport): string {
  const { server, startedAt, check, reached, notes, secondsPerStep } = report;
  const fault = explainDisasterDrill(report);
  const steps = recoverySteps.filter((step) => secondsPerStep[step] !== undefined);
  return [
    `# Disaster recovery drill of ${plain(server)}, ${startedAt.slice(0, 10)}`,
    '',
    fault === undefined
      ? '**The server came back**, with everything that had been committed when the drill began.'
      : `**The drill did not succeed**: ${plain(fault)}.`,
    '',
    `It was recovered from base backup ${report.baseBackup} and ${report.segments} WAL segments in the store "${plain(report.store)}", to LSN ${reached.lsn}.`,
    `It served again after **${durationText(report.rtoSeconds)}** (RTO).`,
    ...describeLoss(report),
    '',
    '## Databases',
    '',
    ...table([
      ['database', 'outcome', 'remarks'],
      ...check.databases.map(({ database, outcome, said }) => [
        plain(database),
        outcome,
        plain(said.join(' ')),
      ]),
    ]),
    '',
    `A transaction was committed on the live server right before, and looked for in the recovered one. ${canaries[check.canary]}`,
    '',
    ...(notes.length > 0
      ? ['## What could not be checked', '', ...notes.map((note) => `- ${plain(note)}`), '']
      : []),
    '## Seconds per step',
    '',
    ...table([steps.map(String), steps.map((step) => secondsPerStep[step]!.toFixed(1))]),
    '',
    `Drill ${report.id}, ${startedAt} to ${report.finishedAt}; workflow ${report.workflowId}, run ${report.runId}.`,
    '',
  ].join('\n');
}

function describeLoss({ rpoSeconds, rpoHostAliveSeconds }: DisasterDrillReport): string[] {
  return [
    ...(rpoSeconds === undefined
      ? []
      : [
          `The loss of the server and of the host that archives its WAL would have cost the last **${durationText(rpoSeconds)}** (RPO).`,
        ]),
    ...(rpoHostAliveSeconds === undefined
      ? []
      : [`The loss of the server alone would have cost the last **${durationText(rpoHostAliveSeconds)}**.`]),
  ];
}

/**
 * Stores a drill's report, for programs and for people. Idempotent.
 *
 * @returns the key of the former
 */
export async function storeDisasterReport(
  store: Store,
  report: DisasterDrillReport,
  signal: AbortSignal,
): Promise<string> {
  const keyOf = (format: 'json' | 'md') => drillReportKey(report.server, report.id, format);
  await store.putDocument(keyOf('md'), Buffer.from(renderDisasterReport(report)), signal);
  await store.putDocument(keyOf('json'), Buffer.from(`${JSON.stringify(report, null, 2)}\n`), signal);
  return keyOf('json');
}
