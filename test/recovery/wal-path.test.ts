import { expect, test } from 'vitest';
import { listWal } from '../../src/catalogue/wal-archive.js';
import { toMoment } from '../../src/model/moment.js';
import type { Cluster } from '../../src/model/physical-keys.js';
import { chooseLine, findPath } from '../../src/recovery/wal-path.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleBaseManifest } from '../support/seed-base.js';
import { seedHistory, seedSegments } from '../support/seed-wal.js';

const signal = new AbortController().signal;
const cluster: Cluster = { server: 'prod', systemIdentifier: '7520361935213404212' };
const at = (time: string) => new Date(`2026-06-01T${time}:00Z`);
const morning = sampleBaseManifest(cluster, at('06:00'), 2);
const noon = sampleBaseManifest(cluster, at('12:00'), 8);

/** At 15:00 the server was recovered to a moment in segment 5, and segment 10 was the last of what was given up. */
async function recoveredArchive() {
  const store = new MemoryStore();
  store.now = at('15:00');
  seedSegments(store, cluster, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  seedSegments(store, cluster, 2, 5, 6);
  seedHistory(store, cluster, 2, [1, '0/5000100']);
  return listWal(store, cluster, signal);
}

test('the end is that of the timeline which a recovery began, though a later base backup leads to what was given up', async () => {
  const { base, timeline } = chooseLine(await recoveredArchive(), [noon, morning]);
  expect({ id: base.id, timeline }).toEqual({ id: morning.id, timeline: 2 });
});

test('a moment before a recovery lies on the timeline that was written then', async () => {
  const archive = await recoveredArchive();
  const { base, timeline } = chooseLine(archive, [noon, morning], toMoment(at('14:00')));
  expect({ id: base.id, timeline }).toEqual({ id: noon.id, timeline: 1 });
  expect(findPath(archive, morning, timeline).segments.at(-1)!.name).toBe('00000001000000000000000A');
  const after = chooseLine(archive, [noon, morning], toMoment(at('16:00')));
  expect({ id: after.base.id, timeline: after.timeline }).toEqual({ id: morning.id, timeline: 2 });
});
