import { reasonsOf } from '../model/drill-verdict.js';
import { drillRungs, type DrilledBackup, type DrillReport, type DrillRung } from '../model/drill.js';
import { subjectName } from '../model/keys.js';

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

/** Text in a cell of a table, or in a list. */
const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

const table = (rows: string[][]): string[] => {
  const [head, ...body] = rows.map((row) => `| ${row.map(cell).join(' | ')} |`);
  return [head!, `|${' --- |'.repeat(rows[0]!.length)}`, ...body];
};

function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes === 0 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The page about a drill for people: what was proven, how long it took, what could not be checked and why. */
export function renderReport(report: DrillReport): string {
  const { server, startedAt, backups, store, major } = report;
  return [
    `# Restore drill of ${server}, ${startedAt.slice(0, 10)}`,
    '',
    summaryOf(report),
    '',
    `The newest backup of each database was fetched from the store "${store}", restored into a PostgreSQL ${major} server made for this`,
    'drill, dumped again, and compared with what was counted when it was made: rows and checksum of every table, large',
    'objects, sequences, extensions. The live server was not touched.',
    '',
    '## Backups',
    '',
    ...table([
      ['backup of', 'verdict', 'data of', 'tables', 'rows', 'stored'],
      ...backups.map((backup) => [
        subjectName(backup),
        verdicts[backup.verdict],
        backup.snapshotTime?.slice(0, 16).replace('T', ' ').concat(' UTC') ?? '-',
        String(backup.tables ?? '-'),
        backup.rows?.toLocaleString('en-US') ?? '-',
        backup.bytes === undefined ? '-' : bytesText(backup.bytes),
      ]),
    ]),
    '',
    ...section('What is not proven', backups.map(describeFault)),
    ...section('What could not be checked, or only in another way', backups.map(describeRemarks)),
    '## Seconds per step',
    '',
    ...table([
      ['backup of', ...drillRungs.map((rung) => rungNames[rung])],
      ...backups.map((backup) => [
        subjectName(backup),
        ...drillRungs.map((rung) => secondsText(backup, rung)),
      ]),
    ]),
    '',
    `The scratch server was made and served after ${report.bootSeconds.toFixed(1)} s.`,
    '',
    `Drill ${report.id}, ${startedAt} to ${report.finishedAt}; workflow ${report.workflowId}, run ${report.runId}.`,
    '',
  ].join('\n');
}

function summaryOf({ backups, rtoSeconds, rpoSeconds }: DrillReport): string {
  const proven = backups.filter(({ verdict }) => verdict === 'proven').length;
  const all = backups.length;
  const verdict =
    proven === all
      ? `**All ${all} backups are proven**: each can be restored, and holds exactly what it did when it was made.`
      : `**${all - proven} of ${all} backups are not proven**; see below. The other ${proven} can be restored, and hold exactly what they did when they were made.`;
  const loss =
    rpoSeconds === undefined
      ? ''
      : ` A loss of the server at the start of the drill would have cost the changes of the last ${durationText(rpoSeconds)} (RPO by backups alone).`;
  return `${verdict} To have everything back takes ${durationText(rtoSeconds)} on this machine (RTO, one database after the other).${loss}`;
}

function section(title: string, lines: (string | undefined)[]): string[] {
  const said = lines.filter((line) => line !== undefined);
  return said.length === 0 ? [] : [`## ${title}`, '', ...said, ''];
}

function describeFault(backup: DrilledBackup): string | undefined {
  if (backup.verdict === 'proven') return undefined;
  const whose =
    backup.verdict === 'failed' ? 'the backup is bad' : 'something is missing here; the backup may be good';
  const id = backup.backupId === undefined ? '' : ` (${backup.backupId})`;
  return `- **${subjectName(backup)}**${id}, ${whose}: ${cell(reasonsOf(backup).join(' '))}`;
}

function describeRemarks(backup: DrilledBackup): string | undefined {
  const remarks = backup.rungs
    .filter(({ outcome }) => outcome === 'passed' || outcome === 'notChecked')
    .flatMap(({ said }) => said);
  return remarks.length === 0 ? undefined : `- **${subjectName(backup)}**: ${cell(remarks.join(' '))}`;
}

function secondsText({ rungs }: DrilledBackup, rung: DrillRung): string {
  const climbed = rungs.find((each) => each.rung === rung);
  if (!climbed) return '-';
  if (climbed.outcome === 'notChecked') return 'not checked';
  return `${climbed.seconds.toFixed(1)}${climbed.outcome === 'passed' ? '' : ' (not passed)'}`;
}
