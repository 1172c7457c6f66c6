import { expect, it } from 'vitest';
import { makeReport, storeReport } from '../../src/drills/store-report.js';
import { parseDrillReport, type DrillPlan } from '../../src/model/drill.js';
import { makeBackupId } from '../../src/model/names.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleDrilled } from '../support/sample-drill-report.js';
import { globalsOf, subjectOf } from '../support/seed-backup.js';

const { signal } = new AbortController();
const time = new Date('2026-06-01T02:00:00Z');
const id = (name: string) => makeBackupId(name, time);

const plan: DrillPlan = {
  id: 'drill_20260601_040000',
  server: 'prod/1',
  store: 'replica',
  startedAt: '2026-06-01T04:00:00.000Z',
  major: 16,
  ...{ databases: [], decided: [], jobs: 2, stagingBytes: 0, heartbeatSeconds: 30 },
};

const outcome = {
  finishedAt: '2026-06-01T05:00:00.000Z',
  bootSeconds: 1.5,
  backups: [
    sampleDrilled(globalsOf('prod/1'), id('globals')),
    sampleDrilled(subjectOf('prod/1', 'app'), id('app')),
    sampleDrilled(subjectOf('prod/1', 'odd|name'), id('odd|name'), 'failed'),
    sampleDrilled(subjectOf('prod/1', 'vectors'), id('vectors'), 'notProvable'),
    {
      database: 'new',
      verdict: 'failed' as const,
      rungs: [
        { rung: 'artifact' as const, outcome: 'failed' as const, seconds: 0, said: ['There is no backup.'] },
      ],
    },
  ],
  ...{ workflowId: 'temponest-backups/drill-monthly', runId: 'run' },
};

it('is stored for programs and for people, again without harm', async () => {
  const store = new MemoryStore();
  const report = makeReport(plan, outcome);
  const key = await storeReport(store, report, signal);
  await storeReport(store, makeReport(plan, outcome), signal);
  expect(key).toBe('drills/prod%2F1/2026/drill_20260601_040000.json');
  expect(store.keys()).toEqual([key, key.replace('.json', '.md')]);
  const stored = parseDrillReport((await store.getDocument(key, signal))!.toString(), key);
  expect(stored).toEqual(report);
  expect(stored).toMatchObject({ rtoSeconds: 1.5 + 10 + 12 + 12 + 12, rpoSeconds: 7200 });
});

it('tells people what was proven, how long it took, and what could not be checked and why', async () => {
  const store = new MemoryStore();
  const key = await storeReport(store, makeReport(plan, outcome), signal);
  const page = (await store.getDocument(key.replace('.json', '.md'), signal))!.toString();
  await expect(page).toMatchFileSnapshot('report-page.txt');
});
