import { formatAge, formatBytes, formatTime, renderTable } from '../output.js';
import { WHOLE_SERVER } from '../../verification/assess-base.js';
import type { SubjectStatus } from '../../verification/assess-subjects.js';
import type { TemporalStatus } from './read-temporal-status.js';

function describeSubject({ name, state, backup }: SubjectStatus): string[] {
  if (!backup) return [name, state, 'none', '', '', ''];
  const { id, ageSeconds, bytes, rows } = backup;
  return [name, state, id, formatAge(ageSeconds), formatBytes(bytes), rows === undefined ? '' : String(rows)];
}

function describeTemporal({ schedules, running, fault }: TemporalStatus): string[] {
  if (fault !== undefined) return [fault];
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

function conclude(subjects: readonly SubjectStatus[], { fault }: TemporalStatus): string {
  const names = (wanted: SubjectStatus['state']) =>
    subjects.filter(({ state }) => state === wanted).map(({ name }) => name);
  const [without, stale] = [names('critical'), names('warning')];
  if (without.length > 0) return `CRITICAL: no backup at all of ${without.join(', ')}.`;
  const databases = stale.filter((name) => name !== WHOLE_SERVER);
  if (databases.length > 0) return `WARNING: no readable backup of the last 25 h of ${databases.join(', ')}.`;
  if (stale.length > 0) return 'WARNING: no readable base backup of the last 8 days.';
  if (fault !== undefined) return 'WARNING: the backups are fresh, but Temporal does not answer.';
  return 'OK: everything has a backup of the last 25 h.';
}

/** The state of a server's backups for people; the last line says it all. */
export function renderStatus(subjects: readonly SubjectStatus[], temporal: TemporalStatus): string {
  const table = renderTable(
    ['DATABASE', 'STATE', 'LAST BACKUP', '>AGE', '>STORED', '>ROWS'],
    subjects.map(describeSubject),
  );
  const faults = subjects.flatMap(({ backup }) => backup?.fault ?? []);
  return [table, '', ...faults, ...describeTemporal(temporal), '', conclude(subjects, temporal)].join('\n');
}
