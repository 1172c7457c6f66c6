import { expect, it } from 'vitest';
import { createLagTracker } from '../../src/metrics/track-lag.js';

const MINUTE = 60_000;
const start = Date.parse('2026-06-01T04:00:00Z');

/** A tracker with a clock of its own that is set in minutes. */
function track() {
  let minute = 0;
  const tracker = createLagTracker(() => minute * MINUTE);
  return (at: number, server: bigint, archived?: { end: bigint; minutesBefore: number }) => {
    minute = at;
    return tracker.look(
      {
        systemIdentifier: '1',
        server,
        ...(archived
          ? { archived: { end: archived.end, at: new Date(start - archived.minutesBefore * MINUTE) } }
          : {}),
      },
      new Date(start + at * MINUTE),
    );
  };
}

it('has no lag where everything is archived, however long ago', () => {
  const look = track();
  expect(look(0, 1000n, { end: 1000n, minutesBefore: 10_000 })).toEqual({ bytes: 0, seconds: 0 });
});

it('measures from when it saw WAL that waits', () => {
  const look = track();
  const archived = { end: 1000n, minutesBefore: 500 };
  look(0, 1000n, archived);
  look(1, 5000n, archived);
  expect(look(4, 9000n, archived)).toEqual({ bytes: 8000, seconds: 180 });
  expect(look(5, 9000n, { end: 9000n, minutesBefore: 0 })).toEqual({ bytes: 0, seconds: 0 });
});

it('takes what waits at the first look for as old as what was archived last, until something is archived', () => {
  const look = track();
  const archived = { end: 1000n, minutesBefore: 30 };
  expect(look(0, 5000n, archived)).toEqual({ bytes: 4000, seconds: 1800 });
  expect(look(2, 5000n, archived).seconds).toBe(1920);
  expect(look(3, 9000n, { end: 5000n, minutesBefore: 0 })).toEqual({ bytes: 4000, seconds: 0 });
});

it('counts from the first look where nothing is archived', () => {
  const look = track();
  look(0, 5000n);
  expect(look(1, 9000n)).toEqual({ bytes: 4000, seconds: 0 });
  expect(look(3, 9000n)).toEqual({ bytes: 4000, seconds: 120 });
});
