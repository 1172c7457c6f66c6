import { describe, expect, it } from 'vitest';
import { planPrune, type PruneRequest } from '../../src/catalogue/plan-prune.js';
import { listProvenBackups } from '../../src/catalogue/proven-backups.js';
import type { DrillVerdict } from '../../src/model/drill.js';
import { drillReportKey, type BackupSubject } from '../../src/model/keys.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleDrilled, sampleDrillReport } from '../support/sample-drill-report.js';
import { globalsOf, seedBackup, seedNights, subjectOf, type SeededBackup } from '../support/seed-backup.js';

const { signal } = new AbortController();
const app = subjectOf('prod', 'app');
const now = new Date('2026-06-01T04:00:00Z');
const night = (ago: number) => new Date(now.getTime() - ago * 86_400_000 - 7_200_000);

/** Puts the report of a drill into the store. */
function seedDrill(
  store: MemoryStore,
  time: Date,
  drilled: [SeededBackup, DrillVerdict][],
  { server = 'prod', from = store.name } = {},
): void {
  const backups = drilled.map(([{ subject, id }, verdict]) => sampleDrilled(subject, id, verdict));
  const report = { ...sampleDrillReport(server, time, backups), store: from };
  store.seed(drillReportKey(server, report.id, 'json'), JSON.stringify(report));
  store.seed(drillReportKey(server, report.id, 'md'), 'a page for people');
}

describe('proven backups', () => {
  it('are told by the reports of drills, the last that came to an end', async () => {
    const store = new MemoryStore();
    const [good, bad, recovered, unknown] = [9, 8, 7, 6].map((ago) => seedBackup(store, app, night(ago)));
    const globals = seedBackup(store, globalsOf('prod'), night(9));
    const elsewhere = seedBackup(store, subjectOf('prod2', 'app'), night(9));
    seedDrill(store, night(5), [
      [good!, 'proven'],
      [bad!, 'proven'],
      [recovered!, 'failed'],
      [unknown!, 'notProvable'],
      [globals, 'proven'],
    ]);
    seedDrill(store, night(4), [
      [good!, 'notProvable'],
      [bad!, 'failed'],
      [recovered!, 'proven'],
    ]);
    seedDrill(store, night(5), [[elsewhere, 'proven']], { server: 'prod2' });

    const proven = await listProvenBackups(store, 'prod', signal);
    const hourAfter = (time: Date) => new Date(time.getTime() + 3_600_000);
    expect(proven).toHaveLength(3);
    expect(proven).toEqual(
      expect.arrayContaining([
        { subject: app, id: good!.id, provenAt: hourAfter(night(5)) },
        { subject: app, id: recovered!.id, provenAt: hourAfter(night(4)) },
        { subject: globalsOf('prod'), id: globals.id, provenAt: hourAfter(night(5)) },
      ]),
    );
  });

  it('are not told by what is no report', async () => {
    const store = new MemoryStore();
    store.seed('drills/prod/2026/notes.json', 'not ours');
    store.seed('drills/prod/2025/drill_20260101_040000.json', 'in the wrong year');
    expect(await listProvenBackups(store, 'prod', signal)).toEqual([]);
  });

  it.each([
    ['half a report', '{"format":"1.0"', /drill_20260101_040000\.json is not JSON; restore it/],
    ['another document', '{"format":"1.0","id":7}', /is not the report of a drill: id: /],
    ['a newer format', '{"format":"2.0"}', /has format 2\.0, newer than 1\.0; upgrade/],
  ])('are not guessed from %s', async (_what, content, message) => {
    const store = new MemoryStore();
    store.seed('drills/prod/2026/drill_20260101_040000.json', content);
    await expect(listProvenBackups(store, 'prod', signal)).rejects.toMatchObject({
      type: 'ManifestUnreadable',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('a prune', () => {
  const request: PruneRequest = {
    server: 'prod',
    policyOf: () => ({ daily: 2, weekly: 0, monthly: 0 }),
    configuredDatabases: ['app', 'other'],
    untouchable: new Map(),
    now,
  };

  /** Of each subject's backups that are kept, how many nights old they are, and why. */
  async function keptOf(store: MemoryStore, subject: BackupSubject): Promise<string[]> {
    const { decisions } = await planPrune(store, request, signal);
    return decisions
      .filter((decision) => decision.keep && JSON.stringify(decision.subject) === JSON.stringify(subject))
      .map(({ backupId, rules }) => `${backupId.slice(-15)} ${rules.join()}`);
  }

  it('keeps the newest proven backup of each subject, and only that', async () => {
    const store = new MemoryStore();
    const nights = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((ago) => seedBackup(store, app, night(ago)));
    const other = seedBackup(store, subjectOf('prod', 'other'), night(9));
    seedNights(store, subjectOf('prod', 'other'), 4, now);
    const globals = seedBackup(store, globalsOf('prod'), night(9));
    seedNights(store, globalsOf('prod'), 4, now);
    seedDrill(store, night(5), [
      [nights[2]!, 'proven'],
      [globals, 'proven'],
      [other, 'failed'],
    ]);
    seedDrill(store, night(3), [
      [nights[0]!, 'proven'],
      [nights[3]!, 'failed'],
    ]);
    expect(await keptOf(store, app)).toEqual([
      '20260531_020000 daily,newest',
      '20260530_020000 daily',
      '20260525_020000 proven',
    ]);
    expect(await keptOf(store, globalsOf('prod'))).toContain('20260523_020000 proven');
    expect((await keptOf(store, subjectOf('prod', 'other'))).join()).not.toContain('proven');
  });

  it('keeps what was proven in this store, whatever was in another one', async () => {
    const primary = new MemoryStore('primary');
    const nights = [9, 8, 2, 1].map((ago) => seedBackup(primary, app, night(ago)));
    seedDrill(primary, night(7), [[nights[0]!, 'proven']]);
    seedDrill(primary, night(6), [[nights[1]!, 'proven']], { from: 'replica' });
    expect((await keptOf(primary, app)).at(-1)).toBe('20260523_020000 proven');

    const replica = new MemoryStore('replica');
    for (const key of primary.keys()) replica.seed(key, (await primary.getDocument(key, signal))!);
    expect((await keptOf(replica, app)).at(-1)).toBe('20260524_020000 proven');
    expect(await listProvenBackups(primary, 'prod', signal)).toHaveLength(2);
  });

  it('keeps the one before when the newest proven is gone, or its artifact is', async () => {
    const store = new MemoryStore();
    const nights = [9, 8, 7, 2, 1].map((ago) => seedBackup(store, app, night(ago)));
    seedDrill(
      store,
      night(5),
      nights.slice(0, 3).map((backup) => [backup, 'proven']),
    );
    await store.delete(nights[2]!.manifest, signal);
    await store.delete(nights[1]!.artifact, signal);
    expect(await keptOf(store, app)).toContain('20260523_020000 proven');
  });

  it('deletes nothing while it cannot tell what is proven', async () => {
    const store = new MemoryStore();
    seedNights(store, app, 9, now);
    store.seed('drills/prod/2026/drill_20260101_040000.json', '{');
    await expect(planPrune(store, request, signal)).rejects.toMatchObject({ type: 'ManifestUnreadable' });
  });
});
