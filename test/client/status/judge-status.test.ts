import { expect, test } from 'vitest';
import { judgeStatus, type DatabaseStatus } from '../../../src/client/status/judge-status.js';
import { renderStatus } from '../../../src/client/status/render-status.js';
import type { Finding } from '../../../src/model/findings.js';
import { sampleVerification } from '../../support/sample-verification.js';

const now = new Date('2026-11-24T12:00:00Z');
const fresh: DatabaseStatus = {
  kind: 'database',
  name: 'agentic',
  state: 'ok',
  backup: {
    id: 'agentic_20261124_020000',
    time: '2026-11-24T02:00:00.000Z',
    ageSeconds: 36_000,
    bytes: 1000,
    rows: 5,
  },
  provenAt: '2026-11-21T04:00:00.000Z',
};
const nightly = { name: 'nightly', paused: false, next: '2026-11-25T02:00:00.000Z' };
const good = {
  server: 'main',
  store: 'file',
  databases: [fresh],
  faults: [],
  temporal: { schedules: [nightly], running: [] },
  declaredSchedules: ['nightly'],
};
const finding = (id: string, severity: Finding['severity']) => ({
  ...{
    id,
    severity,
    what: `It is ${id}.`,
    where: 'main',
    remedy: 'mend it',
    since: '2026-11-20T00:00:00.000Z',
  },
});
const verified = (...findings: ReturnType<typeof finding>[]) => ({
  verification: sampleVerification('main', new Date('2026-11-24T06:00:00Z'), { findings }),
});

test('all is well', () => {
  const report = judgeStatus({ ...good, ...verified() });
  expect(report).toMatchObject({ state: 'ok', faults: [] });
  const page = renderStatus(report, now);
  expect(page).toMatch(/^agentic +ok +agentic_20261124_020000 +10 h +1 kB +5 +3 d ago$/m);
  expect(page).toMatch(/^Schedule nightly: next 2026-11-25 02:00:00 UTC$/m);
  expect(page).toMatch(/\nOK: everything has a backup of the last 25 h\.$/);
});

test.each([
  [
    'nothing of a database',
    'critical',
    { databases: [{ kind: 'database' as const, name: 'gone', state: 'critical' as const }] },
  ],
  ['an old backup', 'warning', { databases: [{ ...fresh, state: 'warning' as const }] }],
  [
    'an old base backup',
    'warning',
    { databases: [{ ...fresh, kind: 'base' as const, name: 'whole server', state: 'warning' as const }] },
  ],
  ['Temporal down', 'warning', { temporal: { schedules: [], running: [], fault: 'It does not answer.' } }],
  ['a schedule paused', 'warning', { temporal: { schedules: [{ ...nightly, paused: true }], running: [] } }],
  ['a schedule missing', 'critical', { declaredSchedules: ['nightly', 'base'] }],
  ['a fault met on the way', 'warning', { faults: [{ severity: 'warning' as const, what: 'It is so.' }] }],
  ['a critical finding', 'critical', verified(finding('artifact-missing/x', 'critical'))],
  ['a finding that warns', 'warning', verified(finding('table-shrunk/x', 'warning'))],
])('%s is %s', (_, state, change) => {
  const report = judgeStatus({ ...good, ...change });
  expect(report.state).toBe(state);
  expect(renderStatus(report, now)).toMatch(new RegExp(`\n${state.toUpperCase()}: .*$`));
});

test('a database whose only backup is damaged has no readable one at all', () => {
  const damaged: DatabaseStatus = {
    ...fresh,
    state: 'critical',
    backup: { ...fresh.backup!, fault: 'It is cut.' },
  };
  const report = judgeStatus({ ...good, databases: [damaged] });
  expect(report).toMatchObject({ state: 'critical', faults: [{ severity: 'critical' }] });
  expect(renderStatus(report, now)).toMatch(/\nCRITICAL: no readable backup at all of agentic\.$/);
});

test('what is critical comes first, and the last line counts the rest', () => {
  const report = judgeStatus({
    ...good,
    ...verified(finding('table-shrunk/x', 'warning'), finding('artifact-missing/x', 'critical')),
    faults: [{ severity: 'warning', what: 'It is so.' }],
  });
  expect(report.faults.map(({ severity }) => severity)).toEqual(['critical', 'warning', 'warning']);
  expect(renderStatus(report, now)).toMatch(
    /\n\nCRITICAL: It is artifact-missing\/x\. To do: mend it\. And 2 more faults, above\.$/,
  );
});

test('each fault is told once, with what is to be done', () => {
  const page = (...findings: Parameters<typeof verified>) =>
    renderStatus(judgeStatus({ ...good, ...verified(...findings) }), now).split('\n');
  const [first, second] = [finding('artifact-missing/x', 'critical'), finding('table-shrunk/x', 'warning')];
  const told = (lines: string[]) => lines.filter((line) => /^(CRITICAL|WARNING): /.test(line));
  expect(told(page(first))).toEqual(['CRITICAL: It is artifact-missing/x. To do: mend it.']);
  expect(told(page(first, second))).toEqual([
    'WARNING: It is table-shrunk/x. To do: mend it.',
    'CRITICAL: It is artifact-missing/x. To do: mend it. And 1 more fault, above.',
  ]);
});

test('a store that cannot be read is not said to be unverified', () => {
  const { store: _, ...unread } = good;
  const fault = { severity: 'critical' as const, what: 'The store is gone.' };
  const page = renderStatus(judgeStatus({ ...unread, databases: [], faults: [fault] }), now);
  expect(page).toMatch(/^Verified: unknown, the store cannot be read$/m);
  expect(renderStatus(judgeStatus(good), now)).toContain('\nVerified: never; ');
});

test('a finding of what is judged here and now does not outlive its cause', () => {
  const report = judgeStatus({ ...good, ...verified(finding('backup-late/main/agentic', 'critical')) });
  expect(report.state).toBe('ok');
});

test('a database called like the globals or the whole server is named as what it is', () => {
  const missing = (kind: DatabaseStatus['kind'], name: string): DatabaseStatus => ({
    ...{ kind, name, state: 'critical' },
  });
  const databases = [missing('database', 'globals'), missing('globals', 'globals'), fresh];
  const report = judgeStatus({
    ...good,
    databases: [
      ...databases,
      missing('database', 'whole server'),
      { ...fresh, ...missing('base', 'whole server') },
    ],
  });
  expect(report.faults.map(({ what }) => what)).toEqual([
    'no backup at all of database globals, globals, database whole server.',
    'no base backup at all of the whole server.',
  ]);
  const page = renderStatus(report, now);
  expect(page).toMatch(/^database globals +critical +none/m);
  expect(page).toMatch(/^globals +critical +none/m);
});
