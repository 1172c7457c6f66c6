import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRetention, type DatedBackup, type RetentionPolicy } from '../../src/model/retention.js';
import { AllKeepingOracle } from '../support/all-keeping-oracle.js';
import { fiveYears, runsOf } from '../support/five-years.js';

const policy: RetentionPolicy = { daily: 7, weekly: 4, monthly: 12 };
const none: ReadonlyMap<string, string> = new Map();

const anyPolicy = fc.record({
  daily: fc.nat({ max: 10 }),
  weekly: fc.nat({ max: 6 }),
  monthly: fc.nat({ max: 14 }),
});

/** Backups within two years, dense enough that they share days, weeks and months. */
const anyBackups = fc
  .uniqueArray(
    fc.date({
      min: new Date('2023-12-01T00:00:00Z'),
      max: new Date('2025-12-01T00:00:00Z'),
      noInvalidDate: true,
    }),
    { selector: (time) => time.getTime(), maxLength: 200, size: 'max' },
  )
  .map((times) => times.map(backupAt));

function backupAt(time: Date): DatedBackup {
  return { id: time.toISOString(), time };
}

const nights = (first: string, count: number) =>
  Array.from({ length: count }, (_, index) => backupAt(new Date(Date.parse(first) + index * 86_400_000)));

/** What one prune leaves in the store. */
function prune(
  backups: readonly DatedBackup[],
  by: RetentionPolicy = policy,
  untouchable = none,
): DatedBackup[] {
  const kept = new Set(
    decideRetention(backups, by, untouchable)
      .filter(({ keep }) => keep)
      .map(({ id }) => id),
  );
  return backups.filter(({ id }) => kept.has(id));
}

const idsOf = (backups: readonly { id: string }[]) => backups.map(({ id }) => id).sort();

/** The ids of the backups that `rule` keeps, as dates, newest first. */
const daysKeptBy = (rule: string, backups: DatedBackup[]) =>
  decideRetention(backups, policy, none)
    .filter(({ rules }) => rules.includes(rule))
    .map(({ id }) => id.slice(0, 10));

describe('the rules, by example', () => {
  // May 2026: the 3rd is its first Sunday, the 31st its last.
  const year = nights('2025-06-01T02:00:00Z', 365);

  it('keeps the last seven days', () => {
    expect(daysKeptBy('daily', year)).toEqual(
      ['31', '30', '29', '28', '27', '26', '25'].map((day) => `2026-05-${day}`),
    );
  });

  it('keeps the last four Sundays', () => {
    expect(daysKeptBy('weekly', year)).toEqual(['2026-05-31', '2026-05-24', '2026-05-17', '2026-05-10']);
  });

  it('keeps the first Sunday of each of the last twelve months', () => {
    expect(daysKeptBy('monthly', year)).toEqual([
      ...['2026-05-03', '2026-04-05', '2026-03-01', '2026-02-01', '2026-01-04', '2025-12-07'],
      ...['2025-11-02', '2025-10-05', '2025-09-07', '2025-08-03', '2025-07-06', '2025-06-01'],
    ]);
  });

  it('lets the nearest day stand in for a missing Sunday, the earlier of two', () => {
    const without = (...days: string[]) => year.filter(({ id }) => !days.includes(id.slice(0, 10)));
    expect(daysKeptBy('weekly', without('2026-05-24'))).toContain('2026-05-23');
    expect(daysKeptBy('monthly', without('2026-05-03'))[0]).toBe('2026-05-02');
    expect(daysKeptBy('monthly', without('2026-05-03', '2026-05-02'))[0]).toBe('2026-05-04');
    // 1 March 2026 is a Sunday; the day before it belongs to another month.
    expect(daysKeptBy('monthly', without('2026-03-01'))).toContain('2026-03-02');
  });

  it('starts a week on Monday and a day at midnight, both UTC', () => {
    const [rerun, sunday, monday] = [
      backupAt(new Date('2026-05-24T02:00:00Z')),
      backupAt(new Date('2026-05-24T23:59:59Z')),
      backupAt(new Date('2026-05-25T00:00:00Z')),
    ] as const;
    expect(daysKeptBy('weekly', [sunday, monday])).toEqual(['2026-05-25', '2026-05-24']);
    expect(decideRetention([rerun, sunday, monday], policy, none).at(-1)).toEqual({
      id: rerun.id,
      keep: false,
      rules: ['expired'],
    });
  });

  it('names every rule that keeps a backup, and keeps the newest under any policy', () => {
    const [only] = decideRetention(nights('2026-05-03T02:00:00Z', 1), policy, new Map([[year[0]!.id, 'x']]));
    expect(only!.rules).toEqual(['daily', 'weekly', 'monthly', 'newest']);
    const nothing = { daily: 0, weekly: 0, monthly: 0 };
    const decisions = decideRetention(year, nothing, new Map([[year[3]!.id, 'locked']]));
    expect(decisions.filter(({ keep }) => keep)).toEqual([
      { id: year.at(-1)!.id, keep: true, rules: ['newest'] },
      { id: year[3]!.id, keep: true, rules: ['locked'] },
    ]);
  });

  it('answers nothing for nothing', () => {
    expect(decideRetention([], policy, none)).toEqual([]);
  });
});

describe('five years of nights', () => {
  it('always has what a store that had kept everything would choose, and nothing else', () => {
    fc.assert(
      fc.property(fiveYears, anyPolicy, (scenario, by) => {
        const oracle = new AllKeepingOracle();
        let store: DatedBackup[] = [];
        for (const [index, run] of runsOf(scenario).entries()) {
          const backup = backupAt(run);
          oracle.add(backup);
          store.push(backup);
          if (!scenario.prunesAfter(index)) continue;
          store = prune(store, by);
          expect(idsOf(store)).toEqual(oracle.wanted(by));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('keeps the newest and what is untouchable, and no more than the policy adds up to', () => {
    fc.assert(
      fc.property(
        fiveYears,
        fc.integer({ min: 2, max: 400 }),
        fc.integer({ min: 0, max: 60 }),
        (scenario, every, duration) => {
          let store: DatedBackup[] = [];
          const held: { backup: DatedBackup; until: number }[] = [];
          for (const [index, run] of runsOf(scenario).entries()) {
            const backup = backupAt(run);
            store.push(backup);
            // A drill proves, or a lock holds, a backup that may be the newest or one long kept.
            if (index % every === 0)
              held.push({ backup: store[index % store.length]!, until: index + duration });
            if (!scenario.prunesAfter(index)) continue;
            const untouchable = held.filter(({ until }) => until >= index).map((hold) => hold.backup);
            store = prune(store, policy, new Map(untouchable.map(({ id }) => [id, 'proven'])));
            expect(store).toContain(backup);
            for (const hold of untouchable) expect(store).toContain(hold);
            expect(store.length).toBeLessThanOrEqual(7 + 4 + 12 + new Set(idsOf(untouchable)).size);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('ends with the same backups however often it was pruned', () => {
    fc.assert(
      fc.property(fiveYears, (scenario) => {
        const all = runsOf(scenario).map(backupAt);
        const often = all.reduce<DatedBackup[]>((store, backup) => prune([...store, backup]), []);
        expect(idsOf(often)).toEqual(idsOf(prune(all)));
      }),
      { numRuns: 10 },
    );
  });
});

describe('any backups at all', () => {
  it('are decided alike in any order', () => {
    const shuffled = anyBackups.chain((backups) =>
      fc.tuple(
        fc.constant(backups),
        fc.shuffledSubarray(backups, { minLength: backups.length, maxLength: backups.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, anyPolicy, ([one, other], by) => {
        expect(decideRetention(other, by, none)).toEqual(decideRetention(one, by, none));
      }),
    );
  });

  it('lose nothing to a second prune without new backups', () => {
    fc.assert(
      fc.property(anyBackups, anyPolicy, (backups, by) => {
        const once = prune(backups, by);
        expect(prune(once, by)).toEqual(once);
      }),
    );
  });

  it('may even arrive out of order: a late commit of an older snapshot costs no rule its backup', () => {
    fc.assert(
      fc.property(anyBackups, anyPolicy, (backups, by) => {
        const pruned = backups.reduce<DatedBackup[]>((store, backup) => prune([...store, backup], by), []);
        expect(idsOf(pruned)).toEqual(idsOf(prune(backups, by)));
      }),
    );
  });

  it('are each decided once, kept with a rule or expired without', () => {
    fc.assert(
      fc.property(anyBackups, anyPolicy, (backups, by) => {
        const decisions = decideRetention(backups, by, none);
        expect(idsOf(decisions)).toEqual(idsOf(backups));
        for (const { keep, rules } of decisions)
          expect(keep ? rules.length > 0 && !rules.includes('expired') : rules).toEqual(
            keep ? true : ['expired'],
          );
      }),
    );
  });
});
