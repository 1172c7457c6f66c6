import { describe, expect, it } from 'vitest';
import { applyBasePrune } from '../../src/catalogue/apply-base-prune.js';
import { applyPrune } from '../../src/catalogue/apply-prune.js';
import { previewPrune } from '../../src/catalogue/preview-prune.js';
import { spareCopies } from '../../src/catalogue/spare-copies.js';
import { baseManifestKey, walKey, type Cluster } from '../../src/model/physical-keys.js';
import { MemoryStore } from '../support/memory-store.js';
import { seedBackup, subjectOf } from '../support/seed-backup.js';
import { seedBase, seedWal, segmentNumber } from '../support/seed-base.js';

const signal = new AbortController().signal;
const app = subjectOf('prod', 'app');
const cluster: Cluster = { server: 'prod', systemIdentifier: '7520361935213404212' };
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

/** Prunes a replica beside a primary as `pruneBackups` does: two days, one base backup. */
async function prune(primary: MemoryStore, replica: MemoryStore): Promise<void> {
  const plans = await previewPrune(
    replica,
    {
      server: 'prod',
      configuredDatabases: ['app'],
      policyOf: () => ({ daily: 2, weekly: 0, monthly: 0 }),
      base: 1,
    },
    signal,
  );
  const held = new Set(primary.keys());
  const { plan, basePlan } = spareCopies(plans, (key) => held.has(key));
  const context = { signal, onProgress: () => undefined };
  await applyPrune(replica, plan, context);
  await applyBasePrune(replica, basePlan, context);
}

describe('a replica that is pruned', () => {
  it('loses by its own rules what the primary has no more, and keeps what that still has', async () => {
    const [primary, replica] = [new MemoryStore('primary'), new MemoryStore('replica')];
    const backups = [9, 8, 7, 2, 1].map((age) => seedBackup(replica, app, daysAgo(age)));
    // Locked there, say.
    seedBackup(primary, app, daysAgo(8));
    await prune(primary, replica);
    const left = [backups[1]!, ...backups.slice(3)].flatMap(({ artifact, manifest }) => [artifact, manifest]);
    expect(replica.keys()).toEqual(left.sort());
  });

  it('loses nothing that its own rules keep because the primary has lost it', async () => {
    const [primary, replica] = [new MemoryStore('primary'), new MemoryStore('replica')];
    for (const age of [2, 1]) seedBackup(replica, app, daysAgo(age));
    seedWal(replica, cluster, 10, 20);
    seedBase(replica, cluster, daysAgo(3), 10);
    const before = replica.keys();
    await prune(primary, replica);
    expect(replica.keys()).toEqual(before);
  });

  it('keeps the WAL of a base backup that it keeps for the primary', async () => {
    const [primary, replica] = [new MemoryStore('primary'), new MemoryStore('replica')];
    seedWal(replica, cluster, 5, 40);
    const kept = seedBase(replica, cluster, daysAgo(9), 10);
    seedBase(replica, cluster, daysAgo(2), 30);
    // The primary has that base backup, and has lost its WAL.
    seedBase(primary, cluster, daysAgo(9), 10);
    primary.seed(baseManifestKey(cluster, kept.id), JSON.stringify(kept));
    await prune(primary, replica);
    expect(replica.keys()).toContain(baseManifestKey(cluster, kept.id));
    for (let segment = 10; segment <= 40; segment += 1)
      expect(replica.keys()).toContain(walKey(cluster, segmentNumber(segment), '.zst.gpg'));
  });
});
