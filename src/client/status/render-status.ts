import { labelSubject } from '../../model/subject-names.js';
import { count, formatAge, formatBytes, formatTime, renderTable } from '../output.js';
import type { DatabaseStatus, StatusFault, StatusReport } from './judge-status.js';
import type { TemporalStatus } from './read-temporal-status.js';

/** How a server's backups stand, for people; the last line says it all. */
export function renderStatus(report: StatusReport, now = new Date()): string {
  const { databases, faults, temporal } = report;
  const age = (time: string) => formatAge((now.getTime() - Date.parse(time)) / 1000);
  const describe = ({ state, backup, provenAt, ...subject }: DatabaseStatus): string[] => {
    const name = labelSubject(subject);
    const proven = provenAt === undefined ? '' : `${age(provenAt)} ago`;
    if (!backup) return [name, state, 'none', '', '', '', proven];
    const { id, ageSeconds, bytes, rows } = backup;
    return [
      ...[name, state, id, formatAge(ageSeconds), formatBytes(bytes)],
      ...[rows === undefined ? '' : String(rows), proven],
    ];
  };
  const head = ['DATABASE', 'STATE', 'LAST BACKUP', '>AGE', '>STORED', '>ROWS', '>PROVEN'];
  return [
    ...(databases.length > 0 ? [renderTable(head, databases.map(describe)), ''] : []),
    ...databases.flatMap(({ backup }) => backup?.fault ?? []),
    ...describeRecovery(report, age),
    ...describeVerification(report, age),
    ...describeTemporal(temporal),
    '',
    // The first one is the last line.
    ...faults.slice(1).map(describeFault),
    ...(faults.length > 1 ? [''] : []),
    conclude(report),
  ].join('\n');
}

function describeRecovery({ wal }: StatusReport, age: (time: string) => string): string[] {
  if (!wal) return [];
  const { windows, lagBytes, lastArchived } = wal;
  const behind = [
    ...(lagBytes === undefined ? [] : [`${formatBytes(lagBytes)} behind the server`]),
    ...(lastArchived ? [`last segment ${age(lastArchived.time)} ago`] : []),
  ];
  return [
    ...windows.map(
      ({ from, to }) =>
        `Recoverable: any moment from ${formatTime(new Date(from))} to ${formatTime(new Date(to))}`,
    ),
    ...(windows.length === 0 ? ['Recoverable: no moment but those of the backups'] : []),
    ...(behind.length > 0 ? [`WAL archive: ${behind.join(', ')}`] : []),
  ];
}

function describeVerification(
  { store, verification }: StatusReport,
  age: (time: string) => string,
): string[] {
  if (store === undefined) return ['Verified: unknown, the store cannot be read'];
  if (!verification) return ['Verified: never; "temponest-backups verify" does it'];
  const { finishedAt, findings } = verification;
  return [`Verified: ${age(finishedAt)} ago, ${count(findings.length, 'finding')}`];
}

function describeTemporal({ schedules, running, fault }: TemporalStatus): string[] {
  if (fault !== undefined) return [];
  const next = schedules.map(({ name, paused, note, next: time }) =>
    paused
      ? `Schedule ${name}: paused${note ? `: ${note}` : ''}`
      : `Schedule ${name}: next ${time === undefined ? 'never' : formatTime(new Date(time))}`,
  );
  const now = running.map(
    ({ workflowId, type, since }) => `Running: ${type} ${workflowId}, since ${formatTime(new Date(since))}`,
  );
  return [...(next.length > 0 ? next : ['No schedules: nothing runs by itself.']), ...now];
}

function describeFault({ severity, what, remedy }: StatusFault): string {
  return `${severity.toUpperCase()}: ${what}${remedy === undefined ? '' : ` To do: ${remedy}.`}`;
}

function conclude({ faults, wal }: StatusReport): string {
  const [first] = faults;
  if (!first) return `OK: everything has a backup of the last 25 h${wal ? ', and its WAL' : ''}.`;
  const others = faults.length - 1;
  const more = others > 0 ? ` And ${count(others, 'more fault')}, above.` : '';
  return `${describeFault(first)}${more}`;
}
