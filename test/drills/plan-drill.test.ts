import { expect, it } from 'vitest';
import { planDrill, type DrillRequest } from '../../src/drills/plan-drill.js';
import { drillPlan } from '../../src/model/drill.js';
import { MemoryStore } from '../support/memory-store.js';
import { globalsOf, seedBackup, subjectOf } from '../support/seed-backup.js';

const { signal } = new AbortController();
const last = new Date('2026-06-01T02:00:00Z');
const before = new Date('2026-05-31T02:00:00Z');

const request: DrillRequest = {
  server: 'prod',
  databases: ['app', 'new', 'broken'],
  globals: true,
  ...{ jobs: 3, heartbeatSeconds: 30, now: new Date('2026-06-01T04:00:00Z') },
};

function fillStore(): MemoryStore {
  const store = new MemoryStore();
  for (const time of [before, last]) seedBackup(store, subjectOf('prod', 'app'), time);
  seedBackup(store, globalsOf('prod'), last);
  seedBackup(store, subjectOf('prod2', 'new'), last);
  const broken = seedBackup(store, subjectOf('prod', 'broken'), last);
  store.seed(broken.manifest, '{', last);
  return store;
}

it('takes the newest backup of each database, and what cannot be tried for a finding', async () => {
  const plan = await planDrill(fillStore(), request, signal);
  expect(drillPlan.parse(plan)).toEqual({
    ...{ id: 'drill_20260601_040000', server: 'prod', store: 'memory' },
    startedAt: '2026-06-01T04:00:00.000Z',
    ...{ major: 16, jobs: 3, heartbeatSeconds: 30 },
    globals: {
      ...{ backupId: 'globals_20260601_020000', snapshotTime: '2026-06-01T02:00:00.000Z' },
      ...{ bytes: 4, dumpBytes: 0, tables: 0, rows: 0 },
    },
    databases: [
      {
        ...{ database: 'app', backupId: 'app_20260601_020000', snapshotTime: '2026-06-01T02:00:00.000Z' },
        ...{ bytes: 4, dumpBytes: 93_500, tables: 2, rows: 412 },
      },
    ],
    decided: [
      {
        ...{ database: 'new', verdict: 'failed' },
        rungs: [
          {
            ...{ rung: 'artifact', outcome: 'failed', seconds: 0 },
            said: [expect.stringMatching(/memory holds no backup of database new on server prod/)],
          },
        ],
      },
      {
        ...{ database: 'broken', verdict: 'failed' },
        rungs: [
          {
            ...{ rung: 'artifact', outcome: 'failed', seconds: 0 },
            said: [expect.stringMatching(/broken_20260601_020000\.manifest\.json is not JSON/)],
          },
        ],
      },
    ],
    stagingBytes: 512 * 1024 ** 2 + (4 + 3 * 93_500) + (4 + 93_500),
  });
});

it('leaves out globals that are not backed up', async () => {
  const plan = await planDrill(fillStore(), { ...request, databases: ['app'], globals: false }, signal);
  expect(plan.globals).toBeUndefined();
  expect(plan.decided).toEqual([]);
});

it('has a plan even when there is nothing to try', async () => {
  const plan = await planDrill(new MemoryStore(), request, signal);
  expect(plan).toMatchObject({ databases: [], major: 0 });
  expect(plan.decided).toHaveLength(4);
});
