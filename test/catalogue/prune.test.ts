import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPrune } from '../../src/catalogue/apply-prune.js';
import { planPrune, type PrunePlan, type PruneRequest } from '../../src/catalogue/plan-prune.js';
import type { Store } from '../../src/stores/store.js';
import { AllKeepingOracle } from '../support/all-keeping-oracle.js';
import { fiveYears, runsOf } from '../support/five-years.js';
import { MemoryStore } from '../support/memory-store.js';
import { globalsOf, nameBackup, seedBackup, seedNights, subjectOf } from '../support/seed-backup.js';

const HOUR = 3_600_000;
const signal = new AbortController().signal;
const app = subjectOf('prod', 'app');
const policy = { daily: 7, weekly: 4, monthly: 12 };

function request(now: Date, changes: Partial<PruneRequest> = {}): PruneRequest {
  return {
    server: 'prod',
    policyOf: () => policy,
    configuredDatabases: ['app', 'app_staging', 'a/b ü'],
    untouchable: new Map(),
    now,
    ...changes,
  };
}

async function prune(store: Store, by: PruneRequest) {
  const plan = await planPrune(store, by, signal);
  return applyPrune(store, plan, { signal, onProgress: () => undefined });
}

const ruleOf = (plan: PrunePlan, id: string) =>
  plan.decisions.find((decision) => decision.backupId === id)?.rules;

describe('five years', () => {
  it('leave each subject what its own history earns it, and other servers everything', async () => {
    const subjects = [app, subjectOf('prod', 'app_staging'), globalsOf('prod')];
    const elsewhere = [subjectOf('prod2', 'app'), subjectOf('prod/app', 'app'), globalsOf('pro')];
    await fc.assert(
      fc.asyncProperty(fiveYears, async (scenario) => {
        const store = new MemoryStore();
        for (const subject of elsewhere) seedNights(store, subject, 60, scenario.firstDay);
        const untouched = store.keys();
        const artifactOf = new Map<string, string>();
        const oracles = subjects.map(() => new AllKeepingOracle());
        const runs = runsOf(scenario);
        for (const [run, time] of runs.entries()) {
          for (const [index, subject] of subjects.entries()) {
            // Each subject misses other runs, so that their periods differ.
            if (run % 5 === index) continue;
            const { manifest, artifact } = seedBackup(store, subject, time);
            oracles[index]!.add({ id: manifest, time });
            artifactOf.set(manifest, artifact);
          }
          if (run % 40 === 0 || run === runs.length - 1) await prune(store, request(time));
        }
        const manifests = oracles.flatMap((oracle) => oracle.wanted(policy));
        const artifacts = manifests.map((manifest) => artifactOf.get(manifest)!);
        expect(store.keys()).toEqual([...untouched, ...manifests, ...artifacts].sort());
      }),
      { numRuns: 2 },
    );
  });
});

describe('planPrune', () => {
  const now = new Date('2026-06-01T04:00:00Z');
  const tight = { daily: 2, weekly: 0, monthly: 0 };

  it('names the rule of each decision, newest first, and changes nothing', async () => {
    const store = new MemoryStore();
    const nights = seedNights(store, app, 3, now);
    const before = store.keys();
    const plan = await planPrune(store, request(now, { policyOf: () => tight }), signal);
    expect(plan.decisions).toEqual([
      { database: 'app', subject: app, backupId: nights[2]!.id, keep: true, rules: ['daily', 'newest'] },
      { database: 'app', subject: app, backupId: nights[1]!.id, keep: true, rules: ['daily'] },
      { database: 'app', subject: app, backupId: nights[0]!.id, keep: false, rules: ['expired'] },
    ]);
    expect(store.keys()).toEqual(before);
  });

  it('keeps all backups of a database that is no longer configured, but not those of the globals', async () => {
    const store = new MemoryStore();
    const old = seedNights(store, subjectOf('prod', 'old'), 30, now);
    const globals = seedNights(store, globalsOf('prod'), 3, now);
    const plan = await planPrune(store, request(now, { policyOf: () => tight }), signal);
    for (const { id } of old) expect(ruleOf(plan, id)).toEqual(['not configured']);
    expect(ruleOf(plan, globals[0]!.id)).toEqual(['expired']);
    expect(plan.decisions.every((decision) => decision.keep || !decision.database)).toBe(true);
  });

  it('keeps what is untouchable and says why', async () => {
    const store = new MemoryStore();
    const nights = seedNights(store, app, 5, now);
    const untouchable = new Map([[nights[0]!.id, 'proven']]);
    const plan = await planPrune(store, request(now, { policyOf: () => tight, untouchable }), signal);
    expect(ruleOf(plan, nights[0]!.id)).toEqual(['proven']);
    expect(ruleOf(plan, nights[1]!.id)).toEqual(['expired']);
  });

  it.each(['manifest', 'artifact'] as const)(
    'does not try to delete a backup whose %s is locked',
    async (part) => {
      const store = new MemoryStore();
      store.now = now;
      const nights = seedNights(store, app, 5, now);
      store.lock(nights[0]![part], new Date(now.getTime() + HOUR));
      store.lock(nights[1]![part], new Date(now.getTime() - HOUR));
      store.lock(nights[3]![part], new Date(now.getTime() + HOUR));
      const by = request(now, { policyOf: () => tight });
      const plan = await planPrune(store, by, signal);
      expect(ruleOf(plan, nights[0]!.id)).toEqual(['locked until 2026-06-01']);
      expect(ruleOf(plan, nights[1]!.id)).toEqual(['expired']);
      expect(ruleOf(plan, nights[3]!.id)).toEqual(['daily']);
      expect(await prune(store, by)).toMatchObject({ deleted: 2, orphansSwept: 0 });
      expect(store.keys()).toEqual(
        [0, 3, 4].flatMap((night) => [nights[night]!.artifact, nights[night]!.manifest]),
      );
    },
  );

  it('lets no backup from the future, of a clock that was wrong, take the place of those made now', async () => {
    const store = new MemoryStore();
    const future = seedNights(store, app, 3, new Date('2030-06-01T04:00:00Z'));
    const [older, newer] = seedNights(store, app, 2, now);
    const plan = await planPrune(store, request(now, { policyOf: () => ({ ...tight, daily: 1 }) }), signal);
    expect(future.map(({ id }) => ruleOf(plan, id))).toEqual([['future'], ['future'], ['future']]);
    expect(ruleOf(plan, newer!.id)).toEqual(['daily', 'newest']);
    expect(ruleOf(plan, older!.id)).toEqual(['expired']);
  });

  it('lets a backup whose artifact is missing neither go nor stand in for another', async () => {
    const store = new MemoryStore();
    const nights = seedNights(store, app, 4, now);
    await store.delete(nights[3]!.artifact, signal);
    const plan = await planPrune(store, request(now, { policyOf: () => tight }), signal);
    expect(plan.decisions.map(({ keep, rules }) => [keep, ...rules])).toEqual([
      [true, 'artifact missing'],
      [true, 'daily', 'newest'],
      [true, 'daily'],
      [false, 'expired'],
    ]);
  });

  it.each([
    ['is cut off', 'artifact missing', 'artifact', 'fo'],
    ['is empty', 'artifact missing', 'artifact', ''],
    ['has a manifest that cannot be read', 'unreadable manifest', 'manifest', '{'],
  ] as const)(
    'deletes no good backup of a day for a later one that %s',
    async (_what, rule, part, content) => {
      const store = new MemoryStore();
      const [older, good, bad] = ['2026-05-30T02:00:00Z', '2026-05-31T02:00:00Z', '2026-05-31T03:00:00Z'].map(
        (time) => seedBackup(store, app, new Date(time)),
      );
      store.seed(bad![part], content);
      const plan = await planPrune(store, request(now, { policyOf: () => ({ ...tight, daily: 1 }) }), signal);
      expect(ruleOf(plan, bad!.id)).toEqual([rule]);
      expect(ruleOf(plan, good!.id)).toEqual(['daily', 'newest']);
      expect(ruleOf(plan, older!.id)).toEqual(['expired']);
    },
  );

  it('deletes no good backup for one whose artifact is there under another key', async () => {
    const store = new MemoryStore();
    const [good, bad] = seedNights(store, app, 2, now);
    await store.delete(bad!.artifact, signal);
    store.seed(bad!.artifact.replace(/zst$/, 'gz'), 'four');
    const plan = await planPrune(store, request(now, { policyOf: () => ({ ...tight, daily: 1 }) }), signal);
    expect(ruleOf(plan, bad!.id)).toEqual(['artifact missing']);
    expect(ruleOf(plan, good!.id)).toEqual(['daily', 'newest']);
  });

  it('sweeps orphans and unfinished uploads only when they are older than 48 hours, ours and not locked', async () => {
    const store = new MemoryStore();
    store.now = now;
    const at = (hours: number) => new Date(now.getTime() - hours * HOUR);
    const orphan = (day: string, age: number) => {
      const { artifact } = nameBackup(app, new Date(`2026-05-${day}T02:00:00Z`));
      store.seed(artifact, 'x', at(age));
      return artifact;
    };
    const [old, young, locked] = [orphan('01', 48.1), orphan('02', 47.9), orphan('03', 1000)];
    store.lock(locked, new Date(now.getTime() + HOUR));
    const foreign = [
      'postgres/prod/app/notes.txt',
      'postgres/prod/app/app_20200101_020000.sql',
      'globals/prod/x',
    ];
    for (const key of foreign) store.seed(key, 'x', at(9000));
    const upload = (day: string) => nameBackup(app, new Date(`2026-05-${day}T02:00:00Z`)).artifact;
    store.unfinished.set(upload('04'), at(48.1)).set(upload('05'), at(47.9)).set(foreign[0]!, at(9000));

    const plan = await planPrune(store, request(now), signal);
    expect(plan.decisions).toEqual([]);
    expect(plan.orphans.map(({ key }) => key)).toEqual([old]);
    expect(plan.unfinished.map(({ key }) => key)).toEqual([upload('04')]);

    expect(await prune(store, request(now))).toMatchObject({ deleted: 0, orphansSwept: 2 });
    expect(store.keys()).toEqual([...foreign, young, locked].sort());
    expect([...store.unfinished.keys()]).toEqual([upload('05'), foreign[0]]);
  });
});

describe('applyPrune', () => {
  it('keeps what was locked or held since it was planned, says so, and goes on', async () => {
    const store = new MemoryStore();
    store.now = new Date();
    const nights = seedNights(store, app, 5, store.now);
    const tight = { daily: 1, weekly: 0, monthly: 0 };
    const plan = await planPrune(store, request(store.now, { policyOf: () => tight }), signal);
    store.lock(nights[1]!.manifest, new Date('2099-01-01T00:00:00Z'));
    store.lock(nights[2]!.manifest, new Date(8.64e15));
    const counts = await applyPrune(store, plan, { signal, onProgress: () => undefined });
    expect(counts).toEqual({
      deleted: 2,
      orphansSwept: 0,
      refused: new Map([
        [nights[1]!.id, 'locked until 2099-01-01'],
        [nights[2]!.id, 'legal hold'],
      ]),
    });
    expect(store.keys()).toEqual(
      [1, 2, 4].flatMap((night) => [nights[night]!.artifact, nights[night]!.manifest]).sort(),
    );
  });

  it('fails where the store refuses for another reason', async () => {
    const store = new MemoryStore();
    const now = new Date('2026-06-01T04:00:00Z');
    const nights = seedNights(store, app, 2, now);
    const plan = await planPrune(
      store,
      request(now, { policyOf: () => ({ daily: 1, weekly: 0, monthly: 0 }) }),
      signal,
    );
    store.delete = () => Promise.reject(new Error('denied'));
    const applying = applyPrune(store, plan, { signal, onProgress: () => undefined });
    await expect(applying).rejects.toThrow('denied');
    expect(store.keys()).toContain(nights[0]!.manifest);
  });

  it('reports after every step and stops when it is cancelled', async () => {
    const now = new Date('2026-06-01T04:00:00Z');
    const store = new MemoryStore();
    seedNights(store, app, 5, now);
    const plan = await planPrune(
      store,
      request(now, { policyOf: () => ({ daily: 1, weekly: 0, monthly: 0 }) }),
      signal,
    );
    const controller = new AbortController();
    const reported: number[] = [];
    const applying = applyPrune(store, plan, {
      signal: controller.signal,
      onProgress: ({ deleted }) => {
        reported.push(deleted);
        if (deleted === 2) controller.abort(new Error('cancelled'));
      },
    });
    await expect(applying).rejects.toThrow('cancelled');
    expect(reported).toEqual([1, 2]);
    expect(store.keys()).toHaveLength(2 * 3);
  });
});
