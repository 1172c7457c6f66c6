import { expect, test } from 'vitest';
import { createLagMeter } from '../../src/wal/lag-meter.js';
import { createSwitchRule } from '../../src/wal/watch-server.js';

const SEGMENT = 16n * 1024n * 1024n;

test('the lag is the age of the oldest WAL that is not archived, and nothing where a segment was just begun', () => {
  const meter = createLagMeter();
  expect(meter.look(SEGMENT + 40n, SEGMENT, 0)).toEqual({ bytes: 0, seconds: 0 });
  expect(meter.look(SEGMENT + 1000n, SEGMENT, 1000)).toEqual({ bytes: 1000, seconds: 0 });
  expect(meter.look(SEGMENT + 2000n, SEGMENT, 5000)).toEqual({ bytes: 2000, seconds: 4 });
  // What was written first is archived; what came at 5 s is not.
  expect(meter.look(SEGMENT + 2000n, SEGMENT + 1000n, 6000)).toEqual({ bytes: 1000, seconds: 1 });
  expect(meter.look(SEGMENT + 2000n, SEGMENT + 2000n, 7000)).toEqual({ bytes: 0, seconds: 0 });
  expect(meter.look(SEGMENT + 9000n, SEGMENT + 2000n, 9000)).toEqual({ bytes: 7000, seconds: 0 });
});

test('a segment is ended early once there is activity that old in it, and not for its header alone', () => {
  const isOverdue = createSwitchRule(60, Number(SEGMENT));
  expect(isOverdue(SEGMENT + 40n, 0)).toBe(false);
  expect(isOverdue(SEGMENT + 40n, 1_000_000)).toBe(false);
  expect(isOverdue(SEGMENT + 100n, 1_000_000)).toBe(false);
  expect(isOverdue(SEGMENT + 100n, 1_059_999)).toBe(false);
  expect(isOverdue(SEGMENT + 5000n, 1_060_000)).toBe(true);
  // The next one begins anew.
  expect(isOverdue(2n * SEGMENT + 5000n, 1_061_000)).toBe(false);
  expect(isOverdue(2n * SEGMENT + 5000n, 1_121_000)).toBe(true);
});
