import { describe, expect, it } from 'vitest';
import type { RecoverToPointInTimeArgument } from '../../src/model/arguments.js';
import { requireOutcome, targetOf } from '../../src/model/recovery-argument.js';

const now = new Date('2026-11-24T15:00:00.000Z');

describe('targetOf', () => {
  it.each([
    [
      { targetTime: '2026-11-24T15:29:00.123456+01:00' },
      { kind: 'time', time: '2026-11-24T14:29:00.123456Z' },
    ],
    [{ targetLsn: '0/3a000148' }, { kind: 'lsn', lsn: '0/3A000148' }],
    [{ targetName: 'before migration' }, { kind: 'name', name: 'before migration' }],
    [{}, { kind: 'end' }],
  ])('of %j', (argument, target) => {
    expect(targetOf(argument, now)).toEqual(target);
  });

  it('refuses what is to come, and says what time it is', () => {
    expect(() => targetOf({ targetTime: '2026-11-24T15:00:01Z' }, now)).toThrow(
      'targetTime: 2026-11-24T15:00:01Z is in the future (it is 2026-11-24T15:00:00.000Z)',
    );
    expect(targetOf({ targetTime: '2026-11-24T15:00:00Z' }, now)).toMatchObject({ kind: 'time' });
  });
});

describe('requireOutcome', () => {
  it.each<[RecoverToPointInTimeArgument, RegExp]>([
    [{ latest: true }, /into: needs one of directory and server for a whole server/],
    [{ latest: true, into: { directory: '/a', server: 'b' } }, /into: needs one of directory and server/],
    [{ latest: true, into: { server: 'b', database: 'a' } }, /are for one database/],
    [{ latest: true, database: 'a', into: { directory: '/a' } }, /into\.directory: is for a whole server/],
    [{ latest: true, into: { directory: '/a', database: 'a' } }, /are for one database/],
    [{ latest: true, into: { directory: '/a' }, mode: 'swap' }, /are for one database/],
  ])('refuses %j', (argument, message) => {
    expect(() => requireOutcome(argument)).toThrow(message);
  });

  it.each<RecoverToPointInTimeArgument>([
    { latest: true, into: { directory: '/a' } },
    { latest: true, into: { server: 'b' } },
    { latest: true, database: 'a' },
    { latest: true, database: 'a', mode: 'swap' },
    { latest: true, database: 'a', into: { server: 'b', database: 'c' } },
  ])('takes %j', (argument) => {
    expect(() => requireOutcome(argument)).not.toThrow();
  });
});
