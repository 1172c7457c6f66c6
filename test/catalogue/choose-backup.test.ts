import { describe, expect, it } from 'vitest';
import { chooseBackup, type BackupChoice } from '../../src/catalogue/choose-backup.js';
import { OperationError } from '../../src/model/failures.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleManifest } from '../support/sample-manifest.js';
import { globalsOf, nameBackup, seedBackup, subjectOf } from '../support/seed-backup.js';

const signal = new AbortController().signal;
const app = subjectOf('prod', 'app');
const at = (day: number) => new Date(Date.UTC(2026, 5, day, 2));

function storeNamed(name: string): MemoryStore {
  return new MemoryStore(name);
}

/** Chooses among two stores: backups of 1 to 3 June are in the primary, of 1 to 2 June and of May in the replica. */
function choose(choice: BackupChoice, from?: string, subject = app) {
  const primary = storeNamed('primary');
  const replica = storeNamed('replica');
  for (const day of [1, 2, 3]) seedBackup(primary, app, at(day));
  for (const day of [-10, 1, 2]) seedBackup(replica, app, at(day));
  seedBackup(primary, subjectOf('prod', 'app_staging'), at(20));
  return chooseBackup([primary, replica], subject, choice, from, signal).then(({ store, manifest }) => ({
    store: store.name,
    id: manifest.id,
  }));
}
const idAt = (day: number) => nameBackup(app, at(day)).id;

describe('a backup is found', () => {
  it.each<[string, BackupChoice, string | undefined, { store: string; id: string }]>([
    ['the latest, in the first store', 'latest', undefined, { store: 'primary', id: idAt(3) }],
    ['the latest of a store', 'latest', 'replica', { store: 'replica', id: idAt(2) }],
    ['by its id, in the first store', idAt(2), undefined, { store: 'primary', id: idAt(2) }],
    ['by its id, in a store', idAt(2), 'replica', { store: 'replica', id: idAt(2) }],
    ['by its id, where only a later store has it', idAt(-10), undefined, { store: 'replica', id: idAt(-10) }],
    ['before a moment', { before: '2026-06-02T12:00:00Z' }, undefined, { store: 'primary', id: idAt(2) }],
    [
      'before a moment elsewhere',
      { before: '2026-06-02T04:00:00+02:00' },
      undefined,
      { store: 'primary', id: idAt(1) },
    ],
    [
      'before a moment, in a later store',
      { before: '2026-05-30T00:00:00Z' },
      undefined,
      { store: 'replica', id: idAt(-10) },
    ],
  ])('%s', async (_what, choice, from, found) => {
    expect(await choose(choice, from)).toEqual(found);
  });

  it('by when its data is of, not by when it was begun', async () => {
    const store = storeNamed('primary');
    const { id: earlier } = seedBackup(store, app, at(1));
    const { id, manifest } = nameBackup(app, at(2));
    const document = { ...sampleManifest(app, id), snapshotTime: '2026-06-02T02:00:09.500Z' };
    store.seed(manifest, JSON.stringify(document));
    store.seed(document.artifact.key, Buffer.alloc(document.artifact.bytes));
    const before = async (time: string) =>
      (await chooseBackup([store], app, { before: time }, undefined, signal)).manifest.id;
    expect(await before('2026-06-02T02:00:09.501Z')).toBe(id);
    expect(await before('2026-06-02T02:00:09.500Z')).toBe(earlier);
  });

  it('of the globals, beside a database of that name', async () => {
    const store = storeNamed('primary');
    const globals = seedBackup(store, globalsOf('prod'), at(1));
    seedBackup(store, subjectOf('prod', 'globals'), at(2));
    const { manifest } = await chooseBackup([store], globalsOf('prod'), 'latest', undefined, signal);
    expect(manifest).toMatchObject({ kind: 'globals', id: globals.id });
  });
});

describe('a backup is not found', () => {
  const list = '"temponest-backups list" shows what the stores hold.';
  it.each<[string, BackupChoice, string | undefined, string]>([
    [
      'in any store',
      idAt(9),
      undefined,
      `No backup ${idAt(9)} of database "app" of server "prod" is in stores "primary", "replica"; ${list}`,
    ],
    [
      'in the only store to look into, and the one that has it is named',
      idAt(3),
      'replica',
      `No backup ${idAt(3)} of database "app" of server "prod" is in store "replica"; restore it from store "primary", which has it.`,
    ],
    [
      'before so early a moment there',
      { before: '2026-05-30T00:00:00Z' },
      'primary',
      'No backup of database "app" of server "prod" made before 2026-05-30T00:00:00Z is in store "primary"; restore it from store "replica", which has it.',
    ],
    [
      'under the id of another database',
      'app_staging_20260620_020000',
      undefined,
      `No backup app_staging_20260620_020000 of database "app" of server "prod" is in stores "primary", "replica"; ${list}`,
    ],
    [
      'under a path',
      '../app_staging/app_staging_20260620_020000',
      undefined,
      `No backup ../app_staging/app_staging_20260620_020000 of database "app" of server "prod" is in stores "primary", "replica"; ${list}`,
    ],
  ])('%s', async (_what, choice, from, message) => {
    await expect(choose(choice, from)).rejects.toMatchObject({ type: 'BackupNotFound', message });
  });

  it('of a database that has none', async () => {
    await expect(choose('latest', undefined, subjectOf('prod', 'ap'))).rejects.toMatchObject({
      type: 'BackupNotFound',
      message: `No backup of database "ap" of server "prod" is in stores "primary", "replica"; ${list}`,
    });
  });

  it('also where the other stores cannot be read', async () => {
    const broken = storeNamed('broken');
    broken.getDocument = () => Promise.reject(new OperationError('StoreUnreachable', 'gone; wait.'));
    const chosen = chooseBackup([broken, storeNamed('empty')], app, idAt(1), 'empty', signal);
    await expect(chosen).rejects.toMatchObject({ type: 'BackupNotFound' });
  });
});

it('no store of that name is a fault of the argument', async () => {
  await expect(choose('latest', 'third')).rejects.toMatchObject({
    type: 'InvalidArgument',
    message: 'There is no store "third"; backups.yaml has stores "primary", "replica".',
  });
});

it('the newest is not passed over for an older one when its manifest cannot be read, or the store', async () => {
  const store = storeNamed('primary');
  seedBackup(store, app, at(1));
  store.seed(nameBackup(app, at(2)).manifest, '{"format":"9.0"}');
  const latest = () => chooseBackup([store], app, 'latest', undefined, signal);
  await expect(latest()).rejects.toMatchObject({ type: 'ManifestUnreadable' });
  store.getDocument = () => Promise.reject(new OperationError('StoreUnreachable', 'gone; wait.'));
  await expect(latest()).rejects.toMatchObject({ type: 'StoreUnreachable' });
});

describe('a store is passed over, and it is said why', () => {
  /** Both stores have the backups of 1 and 2 June. */
  function twoStores() {
    const [primary, replica] = [storeNamed('primary'), storeNamed('replica')];
    for (const store of [primary, replica]) for (const day of [1, 2]) seedBackup(store, app, at(day));
    const choose = (from?: string) => chooseBackup([primary, replica], app, 'latest', from, signal);
    return { primary, choose };
  }

  it.each<[string, (primary: MemoryStore) => unknown, string]>([
    [
      'when it cannot be reached',
      (primary) => {
        primary.list = () => {
          throw new OperationError('StoreUnreachable', 'primary is gone; wait.');
        };
      },
      'primary is gone; wait.',
    ],
    [
      'when the artifact is missing',
      (primary) => primary.delete(nameBackup(app, at(2)).artifact, signal),
      'is missing',
    ],
    [
      'when the artifact is cut short',
      (primary) => primary.seed(nameBackup(app, at(2)).artifact, 'fou'),
      'has 3 bytes instead of 4',
    ],
    [
      'when the manifest cannot be read',
      (primary) => primary.seed(nameBackup(app, at(2)).manifest, 'nonsense'),
      nameBackup(app, at(2)).manifest,
    ],
  ])('%s', async (_what, damage, reason) => {
    const { primary, choose } = twoStores();
    await damage(primary);
    const { store, manifest, passedOver } = await choose();
    expect([store.name, manifest.id]).toEqual(['replica', idAt(2)]);
    expect(passedOver).toEqual([expect.stringContaining(reason)]);
    // Who asks for one store is given none but that.
    await expect(choose('primary')).rejects.toBeInstanceOf(OperationError);
  });

  it('but not without need', async () => {
    const { store, passedOver } = await twoStores().choose();
    expect([store.name, passedOver]).toEqual(['primary', []]);
  });
});
