import { reasonsOf } from '../model/drill-verdict.js';
import { drillRungs, type DrilledBackup, type DrillReport, type DrillRung } from '../model/drill.js';
import { subjectName } from '../model/keys.js';
import { bytesText, durationText, plain, table } from '../model/markdown.js';

const verdicts = { proven: 'proven', failed: '**FAILED**', notProvable: '**not provable here**' } as const;

const rungNames: Record<DrillRung, string> = {
  artifact: 'download, checksum',
  unpack: 'decrypt, unpack',
  globals: 'apply globals',
  restore: 'restore',
  inventory: 'compare',
  amcheck: 'structure',
  checks: 'own checks',
};

const nameOf = (backup: DrilledBackup) => plain(subjectName(backup));

/** The page about a drill for people: what was proven, how long it took, what could not be checked and why. */
export function renderReport(report: DrillReport): string {
  const { server, startedAt, backups } = report;
  return [
    `# Restore drill of ${plain(server)}, ${startedAt.slice(0, 10)}`,
    '',
    ...describeOutcome(report),
    '## Backups',
    '',
    ...table([
      ['backup of', 'verdict', 'data of', 'tables', 'rows', 'stored'],
      ...backups.map((backup) => [nameOf(backup), verdicts[backup.verdict], ...describeContents(backup)]),
    ]),
    '',
    ...section('What is not proven', backups.map(describeFault)),
    ...section('What could not be checked, or only in another way', backups.map(describeRemarks)),
    '## Seconds per step',
    '',
    ...table([
      ['backup of', ...drillRungs.map((rung) => rungNames[rung])],
      ...backups.map((backup) => [nameOf(backup), ...drillRungs.map((rung) => secondsText(backup, rung))]),
    ]),
    '',
    `The scratch server was made and served after ${report.bootSeconds.toFixed(1)} s.`,
    '',
    `Drill ${report.id}, ${startedAt} to ${report.finishedAt}; workflow ${report.workflowId}, run ${report.runId}.`,
    '',
  ].join('\n');
}

/** What a reader who stops here should know. */
function describeOutcome({ backups, rtoSeconds, rpoSeconds, store, major }: DrillReport): string[] {
  const proven = backups.filter(({ verdict }) => verdict === 'proven').length;
  const isAll = proven === backups.length;
  const lines = [
    isAll
      ? `**All backups are proven (${proven})**: each can be restored, and holds exactly what it did when it was made.`
      : `**${backups.length - proven} of ${backups.length} backups are not proven**, see below; the others can be restored, and hold exactly what they did when they were made.`,
    '',
    isAll
      ? `To have everything back takes **${durationText(rtoSeconds)}** on this machine (RTO: fetch, unpack and restore, one database after the other).`
      : `As far as they went, fetching, unpacking and restoring took ${durationText(rtoSeconds)}.`,
  ];
  if (rpoSeconds !== undefined)
    lines.push(
      `Had the server been lost when the drill began, the changes of the last **${durationText(rpoSeconds)}** would have been lost with it (RPO of backups alone).`,
    );
  if (major > 0)
    lines.push(
      '',
      `The newest backup of each database was fetched from the store "${plain(store)}" and restored into a PostgreSQL ${major} server made for`,
      'this drill; what it then held was dumped and compared with what was counted when the backup was made: rows and checksum',
      'of every table, large objects, sequences, extensions. The live server was not touched.',
    );
  return [...lines, ''];
}

function describeContents({ database, snapshotTime, tables, rows, bytes }: DrilledBackup): string[] {
  const isCounted = database !== undefined && tables !== undefined && rows !== undefined;
  return [
    snapshotTime === undefined ? '-' : `${snapshotTime.slice(0, 16).replace('T', ' ')} UTC`,
    ...(isCounted ? [String(tables), rows.toLocaleString('en-US')] : ['-', '-']),
    bytes === undefined ? '-' : bytesText(bytes),
  ];
}

function section(title: string, lines: (string | undefined)[]): string[] {
  const said = lines.filter((line) => line !== undefined);
  return said.length === 0 ? [] : [`## ${title}`, '', ...said, ''];
}

function describeFault(backup: DrilledBackup): string | undefined {
  if (backup.verdict === 'proven') return undefined;
  const id = backup.backupId === undefined ? '' : ` (${plain(backup.backupId)})`;
  const lack =
    backup.verdict === 'notProvable' ? ', for lack of something on this worker; the backup may be good' : '';
  return `- **${nameOf(backup)}**${id}${lack}: ${plain(reasonsOf(backup).join(' '))}`;
}

function describeRemarks(backup: DrilledBackup): string | undefined {
  const remarks = backup.rungs
    .filter(({ outcome }) => outcome === 'passed' || outcome === 'notChecked')
    .flatMap(({ said }) => said);
  return remarks.length === 0 ? undefined : `- **${nameOf(backup)}**: ${plain(remarks.join(' '))}`;
}

function secondsText({ rungs }: DrilledBackup, rung: DrillRung): string {
  const climbed = rungs.find((each) => each.rung === rung);
  if (!climbed) return '-';
  if (climbed.outcome === 'notChecked') return 'not checked';
  return `${climbed.seconds.toFixed(1)}${climbed.outcome === 'passed' ? '' : ' (not passed)'}`;
}
