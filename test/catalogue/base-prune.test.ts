import { describe, expect, it } from 'vitest';
import { applyBasePrune } from '../../src/catalogue/apply-base-prune.js';
import { planBasePrune, type BasePrunePlan } from '../../src/catalogue/plan-base-prune.js';
import {
  DISASTER_NAME,
  DISASTER_REPORT_FORMAT,
  type DisasterDrillReport,
} from '../../src/model/disaster-drill.js';
import { drillReportKey } from '../../src/model/keys.js';
import { makeBackupId } from '../../src/model/names.js';
import { baseManifestKey, walGapKey, walKey, type Cluster } from '../../src/model/physical-keys.js';
import { MemoryStore } from '../support/memory-store.js';
import { seedBase, seedWal, segmentNumber } from '../support/seed-base.js';
import { seedSegments } from '../support/seed-wal.js';

const signal = new AbortController().signal;
const cluster: Cluster = { server: 'prod', systemIdentifier: '7520361935213404212' };
const former: Cluster = { server: 'prod', systemIdentifier: '7000000000000000001' };
const now = new Date('2026-06-01T04:00:00Z');
const week = (number: number) => new Date(now.getTime() - number * 7 * 86_400_000);

async function prune(store: MemoryStore, keep = 2) {
  const plan = await planBasePrune(store, { server: 'prod', keep, now }, signal);
  return applyBasePrune(store, plan, { signal, onProgress: () => undefined });
}

const planOf = (store: MemoryStore, keep = 2) => planBasePrune(store, { server: 'prod', keep, now }, signal);
const rulesOf = ({ decisions }: BasePrunePlan) =>
  Object.fromEntries(decisions.map(({ backupId, rules }) => [backupId, rules]));

function seedDisasterReport(
  store: MemoryStore,
  time: Date,
  {
    baseBackup,
    outcome,
    from = store.name,
  }: { baseBackup: string; outcome: 'passed' | 'failed'; from?: string },
): void {
  const id = makeBackupId(DISASTER_NAME, time);
  const report: DisasterDrillReport = {
    format: DISASTER_REPORT_FORMAT,
    ...{ id, baseBackup, server: 'prod', store: from, segments: 3 },
    reached: { lsn: '0/5000000', timeline: 2, databases: ['app'] },
    check: { canary: 'lost', databases: [{ database: 'app', outcome, said: [] }] },
    flight: {},
    rtoSeconds: 5,
    secondsPerStep: {},
    notes: [],
    startedAt: time.toISOString(),
    finishedAt: time.toISOString(),
    workflowId: 'drill',
    runId: '0196a1b2-0000-7000-8000-000000000000',
  };
  store.seed(drillReportKey('prod', id, 'json'), JSON.stringify(report));
}

describe('base backups', () => {
  it('are kept by number, and their WAL from the first one that stays', async () => {
    const store = new MemoryStore();
    const [oldest, middle, newest] = [3, 2, 1].map((age, index) =>
      seedBase(store, cluster, week(age), 10 * (index + 1)),
    );
    const wal = seedWal(store, cluster, 8, 40);
    expect(rulesOf(await planOf(store))).toEqual({
      [newest!.id]: ['base'],
      [middle!.id]: ['base'],
      [oldest!.id]: ['expired'],
    });
    const before = store.keys();
    expect(await prune(store)).toMatchObject({ deleted: 1, orphansSwept: 0, walDeleted: 24 });
    const gone = [oldest!.artifact.key, baseManifestKey(oldest!, oldest!.id), ...wal.slice(0, 24)];
    expect(store.keys()).toEqual(before.filter((key) => !gone.includes(key)));
    // The middle one begins in segment 20.
    expect(store.keys()).toContain(walKey(cluster, segmentNumber(20), '.zst.gpg'));
    expect(await prune(store)).toMatchObject({ deleted: 0, orphansSwept: 0, walDeleted: 0 });
  });

  it('never leave a manifest without its artifact, nor a base backup without its WAL, on the way', async () => {
    const store = new MemoryStore();
    const bases = [4, 3, 2, 1].map((age, index) => seedBase(store, cluster, week(age), 10 * (index + 1)));
    seedWal(store, cluster, 10, 60);
    store.onChange = () => {
      const keys = new Set(store.keys());
      for (const [index, { id, artifact }] of bases.entries())
        if (keys.has(baseManifestKey(cluster, id))) {
          expect(keys).toContain(artifact.key);
          expect(keys).toContain(walKey(cluster, segmentNumber(10 * (index + 1)), '.zst.gpg'));
        }
    };
    expect(await prune(store, 1)).toMatchObject({ deleted: 3, walDeleted: 60 });
  });

  it('that hold only changes keep what they hold the changes since', async () => {
    const store = new MemoryStore();
    const whole = seedBase(store, cluster, week(4), 10);
    const one = seedBase(store, cluster, week(3), 20, { incrementalTo: whole.id });
    const unneeded = seedBase(store, cluster, week(2), 30, { incrementalTo: whole.id });
    const two = seedBase(store, cluster, week(1), 40, { incrementalTo: one.id });
    expect(rulesOf(await planOf(store, 1))).toEqual({
      [two.id]: ['base'],
      [one.id]: ['parent'],
      [whole.id]: ['parent'],
      [unneeded.id]: ['expired'],
    });
  });

  it('of which not all is in the store stay, and stand in for no other one', async () => {
    const store = new MemoryStore();
    const [old, good, bad] = [3, 2, 1].map((age, index) =>
      seedBase(store, cluster, week(age), 10 * (index + 1)),
    );
    store.seed(bad!.artifact.key, 'fo');
    expect(rulesOf(await planOf(store, 1))).toEqual({
      [bad!.id]: ['artifact missing'],
      [good!.id]: ['base'],
      [old!.id]: ['expired'],
    });
  });

  it('that hold the changes since one that is damaged stand in for no other one', async () => {
    const store = new MemoryStore();
    const good = seedBase(store, cluster, week(4), 10);
    const whole = seedBase(store, cluster, week(3), 20);
    const damaged = seedBase(store, cluster, week(2), 30, { incrementalTo: whole.id });
    const newest = seedBase(store, cluster, week(1), 40, { incrementalTo: damaged.id });
    store.seed(damaged.artifact.key, '');
    seedDisasterReport(store, week(1), { baseBackup: newest.id, outcome: 'passed' });
    expect(rulesOf(await planOf(store, 1))).toEqual({
      [newest.id]: ['artifact missing'],
      [damaged.id]: ['artifact missing', 'parent'],
      [whole.id]: ['parent', 'base'],
      [good.id]: ['expired'],
    });
  });

  it('of a former server of that name stay, the last one, with their own WAL', async () => {
    const store = new MemoryStore();
    const gone = seedBase(store, former, week(9), 100);
    const last = seedBase(store, former, week(8), 200);
    const formerWal = seedWal(store, former, 100, 210);
    const current = seedBase(store, cluster, week(1), 10);
    const wal = seedWal(store, cluster, 10, 12);
    expect(rulesOf(await planOf(store, 1))).toEqual({
      [current.id]: ['base'],
      [last.id]: ['former cluster'],
      [gone.id]: ['expired'],
    });
    await prune(store, 1);
    expect(store.keys()).toEqual(expect.arrayContaining([...wal, ...formerWal.slice(200)]));
    expect(store.keys()).not.toContain(formerWal[199]);
  });

  it('of the true server count on when another one answers at its address', async () => {
    const store = new MemoryStore();
    const bases = [4, 3, 2].map((age, index) => seedBase(store, former, week(age), 10 * (index + 1)));
    const wrong = seedBase(store, cluster, week(1), 10);
    expect(rulesOf(await planOf(store, 3))).toEqual({
      [wrong.id]: ['base'],
      [bases[2]!.id]: ['base'],
      [bases[1]!.id]: ['base'],
      [bases[0]!.id]: ['expired'],
    });
  });

  it('that a drill has proven stay, the one that was proven last, with their parents and their WAL', async () => {
    const store = new MemoryStore();
    const whole = seedBase(store, cluster, week(6), 10);
    const proven = seedBase(store, cluster, week(5), 20, { incrementalTo: whole.id });
    const [other, newest] = [4, 1].map((age, index) => seedBase(store, cluster, week(age), 30 + 10 * index));
    seedDisasterReport(store, week(5), { baseBackup: other!.id, outcome: 'passed' });
    seedDisasterReport(store, week(4), { baseBackup: proven.id, outcome: 'passed' });
    seedDisasterReport(store, week(3), { baseBackup: other!.id, outcome: 'failed' });
    seedDisasterReport(store, week(2), { baseBackup: 'base_20200101_000000', outcome: 'passed' });
    seedDisasterReport(store, week(1), { baseBackup: other!.id, outcome: 'passed', from: 'replica' });
    const wal = seedWal(store, cluster, 8, 40);
    const plan = await planOf(store, 1);
    expect(rulesOf(plan)).toEqual({
      [newest!.id]: ['base'],
      [other!.id]: ['expired'],
      [proven.id]: ['proven'],
      [whole.id]: ['parent'],
    });
    expect(plan.wal).toEqual(wal.slice(0, 4));
  });

  it('of which what a drill has proven cannot be read are not pruned', async () => {
    const store = new MemoryStore();
    seedBase(store, cluster, week(1), 10);
    store.seed(drillReportKey('prod', makeBackupId(DISASTER_NAME, week(1)), 'json'), '{}');
    await expect(planOf(store)).rejects.toMatchObject({ type: 'ManifestUnreadable' });
  });

  it('all stay, and all WAL, while the server is recovered', async () => {
    const store = new MemoryStore();
    const [old, newest] = [2, 1].map((age, index) => seedBase(store, cluster, week(age), 10 * (index + 1)));
    seedWal(store, cluster, 1, 40);
    const request = { server: 'prod', keep: 1, now, isBeingRecovered: true };
    const plan = await planBasePrune(store, request, signal);
    expect(rulesOf(plan)).toEqual({ [newest!.id]: ['base'], [old!.id]: ['in use'] });
    expect(plan.wal).toEqual([]);
  });

  it('all stay, and all WAL, while the manifest of one cannot be read', async () => {
    const store = new MemoryStore();
    const bases = [3, 2, 1].map((age, index) => seedBase(store, cluster, week(age), 10 * (index + 1)));
    store.seed(baseManifestKey(cluster, bases[0]!.id), '{');
    seedWal(store, cluster, 1, 40);
    const plan = await planOf(store, 1);
    expect(plan.decisions.every(({ keep }) => keep)).toBe(true);
    expect(plan.wal).toEqual([]);
  });

  it('stay while they are locked, and the WAL that is', async () => {
    const store = new MemoryStore();
    const locked = seedBase(store, cluster, week(3), 10);
    seedBase(store, cluster, week(1), 30);
    const wal = seedWal(store, cluster, 1, 31);
    const tomorrow = new Date(now.getTime() + 86_400_000);
    store.lock(locked.artifact.key, tomorrow);
    store.lock(wal[0]!, tomorrow);
    const plan = await planOf(store, 1);
    expect(rulesOf(plan)).toMatchObject({
      [locked.id]: [`locked until ${tomorrow.toISOString().slice(0, 10)}`],
    });
    expect(plan.wal).toEqual(wal.slice(1, 18));
  });

  it('are not missed: without any, no WAL goes, nor do gaps and histories ever', async () => {
    const store = new MemoryStore();
    seedWal(store, cluster, 1, 3);
    expect((await planOf(store)).wal).toEqual([]);
    const kept = [walKey(cluster, '00000002.history', '.zst.gpg'), walGapKey(cluster, segmentNumber(2))];
    for (const key of kept) store.seed(key, 'x');
    seedBase(store, cluster, week(1), 30);
    await prune(store);
    expect(store.keys()).toEqual(expect.arrayContaining(kept));
    expect(store.keys().filter((key) => key.startsWith('wal/'))).toEqual(kept.sort());
  });

  it('do not count as after the WAL of a later timeline, which begins where a recovery went back to', async () => {
    const store = new MemoryStore();
    seedBase(store, cluster, week(1), 100);
    seedSegments(store, cluster, 1, 60);
    seedSegments(store, cluster, 2, 50, 60);
    const { wal } = await planOf(store, 1);
    expect(wal.every((key) => key.includes(segmentNumber(60)))).toBe(true);
    expect(wal).toHaveLength(2);
  });

  it('that were never committed are swept after 48 hours', async () => {
    const store = new MemoryStore();
    const { artifact, id } = seedBase(store, cluster, week(1), 1);
    await store.delete(baseManifestKey(cluster, id), signal);
    seedBase(store, cluster, new Date(now.getTime() - 3_600_000), 2);
    const young = artifact.key.replace(id, 'base_20260601_030000');
    store.seed(young, 'x', new Date('2026-06-01T03:10:00Z'));
    expect(await prune(store)).toMatchObject({ deleted: 0, orphansSwept: 1 });
    expect(store.keys()).toContain(young);
    expect(store.keys()).not.toContain(artifact.key);
  });
});
