import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { walGapKey, walKey, type Cluster } from '../../src/model/physical-keys.js';
import { segmentName } from '../../src/model/wal-segment.js';
import { shipFile } from '../../src/wal/ship-file.js';
import { shipWaiting } from '../../src/wal/ship-partial.js';
import type { Spool } from '../../src/wal/spool.js';
import { MemoryStore } from '../support/memory-store.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const SEGMENT_BYTES = 1024 * 1024;
const cluster: Cluster = { server: 'main', systemIdentifier: '7520361935213404212' };
const [FIRST, SECOND] = [3, 4].map((number) => nameOf(number)) as [string, string];
const { signal } = new AbortController();

function nameOf(number: number): string {
  return segmentName({ timeline: 1, start: BigInt(number * SEGMENT_BYTES) }, SEGMENT_BYTES);
}

/** A segment that begins as PostgreSQL writes it, on a machine that puts the low byte first. */
function makeSegment(number: number): Buffer {
  const segment = Buffer.alloc(SEGMENT_BYTES);
  segment.writeUInt16LE(0xd110, 0);
  segment.writeUInt16LE(2, 2);
  segment.writeUInt32LE(1, 4);
  segment.writeBigUInt64LE(BigInt(number * SEGMENT_BYTES), 8);
  segment.writeBigUInt64LE(BigInt(cluster.systemIdentifier), 24);
  segment.writeUInt32LE(SEGMENT_BYTES, 32);
  segment.writeUInt32LE(8192, 36);
  return segment;
}

/** A spool in which two segments wait for a store. */
async function makeSpool() {
  const root = await makeScratchDirectory();
  const directoryOf = async (name: string) => {
    await mkdir(join(root, name));
    return join(root, name);
  };
  const spool: Spool = {
    ...{ cluster, segmentBytes: SEGMENT_BYTES },
    ...{ directory: await directoryOf('received'), outgoing: await directoryOf('outgoing') },
    ...{ aside: await directoryOf('aside'), children: await directoryOf('children') },
  };
  await writeFile(join(spool.directory, FIRST), makeSegment(3));
  await writeFile(join(spool.directory, SECOND), makeSegment(4));
  const store = new MemoryStore();
  const compression = { method: 'gzip', level: 1 } as const;
  const means = { store, compression, programDirectories: ['/usr/bin', '/bin'], signal };
  const ship = (name: string) => shipFile(spool, join(spool.directory, name), name, means);
  return { spool, store, means, ship, keyOf: (name: string) => walKey(cluster, name, '.gz') };
}

test('a segment that is in the store is not sent again', async () => {
  const { store, ship, keyOf } = await makeSpool();
  const first = await ship(FIRST);
  expect(first.bytes).toBe(SEGMENT_BYTES);
  const before = await store.getDocument(keyOf(FIRST), signal);
  expect(await ship(FIRST)).toEqual(first);
  expect(await store.getDocument(keyOf(FIRST), signal)).toBe(before);
});

test('an empty object is not taken for the segment', async () => {
  const { store, ship, keyOf } = await makeSpool();
  store.seed(keyOf(FIRST), '');
  await expect(ship(FIRST)).rejects.toMatchObject({
    type: 'WalConflict',
    message: expect.stringContaining(`${keyOf(FIRST)} empty in place of ${FIRST}`) as string,
  });
  expect(String(await store.getDocument(keyOf(FIRST), signal))).toBe('');
});

test('a segment in whose place there is an empty object is set aside, with a gap on record, and the rest goes on', async () => {
  const { spool, store, means, keyOf } = await makeSpool();
  store.seed(keyOf(FIRST), '');
  await shipWaiting(spool, means);
  expect(await readdir(spool.aside)).toEqual([FIRST]);
  expect(await readdir(spool.directory)).toEqual([]);
  expect(String(await store.getDocument(walGapKey(cluster, FIRST), signal))).toContain('empty in place of');
  expect((await store.describe(keyOf(SECOND), signal))!.bytes).toBeGreaterThan(0);
});
