import { describe, expect, it } from 'vitest';
import { applyPrune } from '../../src/catalogue/apply-prune.js';
import { commitManifest } from '../../src/catalogue/commit-manifest.js';
import { sweepOrphan } from '../../src/catalogue/delete-backup.js';
import { listBackups } from '../../src/catalogue/list-backups.js';
import { planPrune } from '../../src/catalogue/plan-prune.js';
import type { BackupSubject } from '../../src/model/keys.js';
import type { StoredObject } from '../../src/stores/store.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleManifest } from '../support/sample-manifest.js';
import { globalsOf, nameBackup, seedNights, subjectOf } from '../support/seed-backup.js';

const signal = new AbortController().signal;
const now = new Date('2026-06-04T04:00:00Z');
/** A backup whose artifact was uploaded long ago and whose commit is still to come. */
const snapshot = new Date('2026-06-01T02:00:00Z');
const subjects = [subjectOf('prod', 'app'), globalsOf('prod')];

/** A store in which something happens when the listing has come as far as its `step`-th object. */
class BusyStore extends MemoryStore {
  private steps = 0;

  constructor(
    private readonly step: number,
    private readonly event: () => void,
  ) {
    super();
  }

  override async *list(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    for await (const object of super.list(prefix, signal)) {
      if (this.steps++ === this.step) this.event();
      yield object;
    }
  }
}

function makeBusyStore(subject: BackupSubject, step: number, isUploaded: boolean): BusyStore {
  const { id, artifact, manifest } = nameBackup(subject, snapshot);
  const store = new BusyStore(step, () => {
    store.seed(artifact, 'four', snapshot);
    store.seed(manifest, JSON.stringify(sampleManifest(subject, id, 4)), now);
  });
  for (const each of subjects) seedNights(store, each, 2, new Date('2026-06-03T04:00:00Z'));
  if (isUploaded) store.seed(artifact, 'four', snapshot);
  return store;
}

describe.each(subjects)('a backup of $kind that is committed while the store is listed', (subject) => {
  const { artifact, manifest, id } = nameBackup(subject, snapshot);

  it.each([true, false])(
    'is never taken for an orphan nor deleted (uploaded before: %s)',
    async (isUploaded) => {
      const objects = makeBusyStore(subject, 0, isUploaded).keys().length;
      for (let step = 0; step < objects; step++) {
        const store = makeBusyStore(subject, step, isUploaded);
        const plan = await planPrune(
          store,
          {
            server: 'prod',
            policyOf: () => ({ daily: 7, weekly: 0, monthly: 0 }),
            configuredDatabases: ['app'],
            untouchable: new Map(),
            now,
          },
          signal,
        );
        expect(plan.orphans).toEqual([]);
        await applyPrune(store, plan, { signal, onProgress: () => undefined });
        expect(store.keys()).toEqual(expect.arrayContaining([artifact, manifest]));
      }
    },
  );

  it('is spared by the sweep of a plan that was made before', async () => {
    const store = new MemoryStore();
    store.seed(artifact, 'four', snapshot);
    const { orphans } = await listBackups(store, 'prod', signal);
    expect(orphans.map(({ key }) => key)).toEqual([artifact]);
    await commitManifest(store, sampleManifest(subject, id, 4), signal);
    expect(await sweepOrphan(store, artifact, signal)).toBe(false);
    expect(store.keys()).toEqual([artifact, manifest].sort());
  });

  it('is refused when its artifact was swept before', async () => {
    const store = new MemoryStore();
    store.seed(artifact, 'four', snapshot);
    expect(await sweepOrphan(store, artifact, signal)).toBe(true);
    await expect(commitManifest(store, sampleManifest(subject, id, 4), signal)).rejects.toMatchObject({
      type: 'ArtifactDamaged',
    });
    expect(store.keys()).toEqual([]);
  });
});
