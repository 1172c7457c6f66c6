import { expect, test } from 'vitest';
import { judgeFreshness, judgeProof } from '../../src/verification/judge-freshness.js';
import { globalsOf, subjectOf } from '../support/seed-backup.js';

const now = new Date('2026-11-24T06:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const databaseOf = (name: string) => ({ kind: 'database' as const, name });
const backup = { id: 'app_1', time: daysAgo(2).toISOString(), ageSeconds: 2 * 86_400, bytes: 10 };

test('a late backup is dated by itself, a missing one is critical, a damaged one is for others to name', () => {
  expect(
    judgeFreshness('one', [
      { kind: 'database', name: 'app', state: 'warning', backup },
      { kind: 'database', name: 'none', state: 'critical' },
      { kind: 'database', name: 'broken', state: 'warning', backup: { ...backup, fault: 'it is damaged' } },
      { kind: 'database', name: 'fresh', state: 'ok', backup: { ...backup, ageSeconds: 60 } },
      { kind: 'base', name: 'whole server', state: 'critical' },
    ]).map(({ id, severity, what, since }) => ({ id, severity, what, since })),
  ).toEqual([
    {
      ...{ id: 'backup-late/one/app', severity: 'warning', since: backup.time },
      what: 'The last backup of database app of server one, app_1, is 48 h old.',
    },
    {
      ...{ id: 'backup-late/one/none', severity: 'critical', since: undefined },
      what: 'There is no backup of database none of server one.',
    },
    {
      ...{ id: 'backup-late-base/one', severity: 'critical', since: undefined },
      what: 'There is no base backup of server one.',
    },
  ]);
});

test('what is backed up for 40 days and was not proven in them is named', () => {
  const oldest = [
    { subject: databaseOf('never'), time: daysAgo(41) },
    { subject: databaseOf('young'), time: daysAgo(39) },
    { subject: databaseOf('long-ago'), time: daysAgo(100) },
    { subject: databaseOf('lately'), time: daysAgo(100) },
  ];
  const proof = (database: string, days: number) => ({
    subject: subjectOf('one', database),
    id: `${database}_1`,
    provenAt: daysAgo(days),
  });
  const proven = [proof('long-ago', 60), proof('long-ago', 41), proof('lately', 39), proof('lately', 80)];
  expect(judgeProof('one', oldest, proven, now)).toMatchObject([
    { id: 'not-proven/one/never', severity: 'warning', since: daysAgo(41).toISOString() },
    { id: 'not-proven/one/long-ago', since: daysAgo(41).toISOString() },
  ]);
});

test('databases called like the globals or the whole server are told from them', () => {
  const globals = { kind: 'globals' as const, name: 'globals' };
  const base = { kind: 'base' as const, name: 'whole server' };
  const subjects = [databaseOf('globals'), globals, databaseOf('whole server'), base];
  const late = judgeFreshness(
    'one',
    subjects.map((subject) => ({ ...subject, state: 'critical' })),
  );
  expect(late.map(({ id, where, remedy }) => [id, where, /schedule "\w+"/.exec(remedy)![0]])).toEqual([
    ['backup-late/one/globals', 'database globals', 'schedule "nightly"'],
    ['backup-late-globals/one', 'the globals', 'schedule "nightly"'],
    ['backup-late/one/whole%20server', 'database whole server', 'schedule "nightly"'],
    ['backup-late-base/one', 'whole server', 'schedule "base"'],
  ]);

  const proven = [{ subject: globalsOf('one'), id: 'globals_1', provenAt: daysAgo(1) }];
  const oldest = [databaseOf('globals'), globals].map((subject) => ({ subject, time: daysAgo(50) }));
  expect(judgeProof('one', oldest, proven, now).map(({ id }) => id)).toEqual(['not-proven/one/globals']);
  expect(judgeProof('one', oldest, [], now).map(({ id }) => id)).toEqual([
    'not-proven/one/globals',
    'not-proven-globals/one',
  ]);
});
