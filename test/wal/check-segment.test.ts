import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSegment, readSegmentOrigin } from '../../src/wal/check-segment.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const SEGMENT_BYTES = 1024 * 1024;
const NAME = '000000010000000000000003';
const expected = { systemIdentifier: '7520361935213404212', segmentBytes: SEGMENT_BYTES };

/** A segment's header as PostgreSQL writes it, on a machine that puts the low byte first. */
function makeHeader({
  start = 3n * BigInt(SEGMENT_BYTES),
  info = 2,
  system = 7520361935213404212n,
} = {}): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt16LE(0xd110, 0);
  header.writeUInt16LE(info, 2);
  header.writeUInt32LE(1, 4);
  header.writeBigUInt64LE(start, 8);
  header.writeBigUInt64LE(system, 24);
  header.writeUInt32LE(SEGMENT_BYTES, 32);
  header.writeUInt32LE(8192, 36);
  return header;
}

async function check(header: Buffer, bytes = SEGMENT_BYTES): Promise<void> {
  const path = join(await makeScratchDirectory(), NAME);
  await writeFile(path, header);
  await checkSegment(path, NAME, bytes, expected);
}

test('a segment of this cluster, whole and in its place, is let through', async () => {
  await check(makeHeader());
});

test.each([
  ['truncated', makeHeader(), SEGMENT_BYTES - 8192, /has 1040384 bytes instead of 1048576/],
  [
    'of another server',
    makeHeader({ system: 42n }),
    SEGMENT_BYTES,
    /of the server with system identifier 42/,
  ],
  ['another segment', makeHeader({ start: 0n }), SEGMENT_BYTES, /holds another segment/],
  ['no segment', makeHeader({ info: 0 }), SEGMENT_BYTES, /does not begin as a segment does/],
  ['empty', Buffer.alloc(0), SEGMENT_BYTES, /does not begin as a segment does/],
])('one that is %s is refused, in one sentence', async (_, header, bytes, fault) => {
  await expect(check(header, bytes)).rejects.toMatchObject({ type: 'ArtifactDamaged' });
  await expect(check(header, bytes)).rejects.toThrow(fault);
});

test('a segment says which cluster wrote it', async () => {
  const path = join(await makeScratchDirectory(), NAME);
  await writeFile(path, makeHeader());
  expect(await readSegmentOrigin(path)).toEqual({ ...expected, start: 3n * BigInt(SEGMENT_BYTES) });
});
