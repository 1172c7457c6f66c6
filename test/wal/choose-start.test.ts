import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Cluster } from '../../src/model/physical-keys.js';
import { segmentName } from '../../src/model/wal-segment.js';
import { chooseStart, type ServerPast } from '../../src/wal/choose-start.js';
import type { Spool } from '../../src/wal/spool.js';
import { MemoryStore } from '../support/memory-store.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { lsnOf, SEGMENT_BYTES, seedSegments } from '../support/seed-wal.js';

const signal = new AbortController().signal;
const cluster: Cluster = { server: 'prod', systemIdentifier: '7520361935213404212' };
/** Recovered to a position in segment 8, which the server of the first timeline had come past. */
const recovered: ServerPast = { timeline: 2, history: [{ timeline: 1, end: lsnOf(8) + 4096n }] };

async function makeSpool(...files: string[]): Promise<Spool> {
  const directory = await makeScratchDirectory();
  for (const file of files) await (await open(join(directory, file), 'w')).close();
  const other = join(directory, 'other');
  return { cluster, segmentBytes: SEGMENT_BYTES, directory, outgoing: other, aside: other, children: other };
}

async function start(
  store: MemoryStore,
  { past = recovered, kept = 9, shipped }: { past?: ServerPast; kept?: number; shipped?: number } = {},
  spool?: Spool,
): Promise<string | undefined> {
  const facts = { spool: spool ?? (await makeSpool()), store, signal };
  const chosen = await chooseStart(
    facts,
    past,
    lsnOf(kept) + 4096n,
    shipped === undefined ? undefined : lsnOf(shipped),
  );
  return chosen && segmentName(chosen, SEGMENT_BYTES);
}

test('a server that was recovered is archived from the segment in which it left its timeline, whatever that one had come to', async () => {
  const store = new MemoryStore();
  seedSegments(store, cluster, 1, 6, 7, 8, 9, 10, 11);
  expect(await start(store)).toBe('000000020000000000000008');
});

test('where everything up to the slot is archived, the slot says where to go on', async () => {
  const store = new MemoryStore();
  seedSegments(store, cluster, 2, 8);
  expect(await start(store)).toBe('000000020000000000000009');
});

test('a segment of which the store has the digest alone is not archived', async () => {
  const store = new MemoryStore();
  seedSegments(store, cluster, 2, 8, 9);
  for (const key of store.keys().filter((name) => name.includes('0000000009') && !name.endsWith('.json')))
    await store.delete(key, signal);
  expect(await start(store, { kept: 10 })).toBe('000000020000000000000009');
});

test('what is in the spool is gone on from', async () => {
  const spool = await makeSpool('000000020000000000000008.partial');
  expect(await start(new MemoryStore(), {}, spool)).toBeUndefined();
});

test('so is what this run has shipped', async () => {
  expect(await start(new MemoryStore(), { shipped: 12 })).toBe('00000002000000000000000C');
});
