import { expect, test } from 'vitest';
import { judgeFreshness, judgeProof } from '../../src/verification/judge-freshness.js';
import { subjectOf } from '../support/seed-backup.js';

const now = new Date('2026-11-24T06:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const backup = { id: 'app_1', time: daysAgo(2).toISOString(), ageSeconds: 2 * 86_400, bytes: 10 };

test('a late backup is dated by itself, a missing one is critical, a damaged one is for others to name', () => {
  expect(
    judgeFreshness('one', [
      { name: 'app', state: 'warning', backup },
      { name: 'none', state: 'critical' },
      { name: 'broken', state: 'warning', backup: { ...backup, fault: 'it is damaged' } },
      { name: 'fresh', state: 'ok', backup: { ...backup, ageSeconds: 60 } },
      { name: 'whole server', state: 'critical' },
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
      ...{ id: 'backup-late/one/whole%20server', severity: 'critical', since: undefined },
      what: 'There is no base backup of server one.',
    },
  ]);
});

test('what is backed up for 40 days and was not proven in them is named', () => {
  const oldest = new Map([
    ['never', daysAgo(41)],
    ['young', daysAgo(39)],
    ['long-ago', daysAgo(100)],
    ['lately', daysAgo(100)],
  ]);
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
