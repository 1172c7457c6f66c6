import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locateTime } from '../../src/recovery/locate-time.js';
import type { PathSegment } from '../../src/recovery/wal-path.js';

/** Segments in which the last transaction ends at these moments; undefined for those in which none does. */
const segmentsOf = (ends: readonly (bigint | undefined)[]) =>
  ends.map((_, index): PathSegment => ({ name: String(index), key: '', start: BigInt(index), bytes: 1 }));
const locate = (ends: readonly (bigint | undefined)[], moment: bigint, onRead = () => undefined as void) =>
  locateTime(segmentsOf(ends), moment, {
    readLastEnd: ({ name }) => {
      onRead();
      return Promise.resolve(ends[Number(name)]);
    },
  });

describe('locateTime', () => {
  it.each([
    [5n, 0],
    [10n, 1],
    [15n, 1],
    [39n, 4],
  ])('of %s finds the first segment in which a transaction ends later', async (moment, expected) => {
    expect(await locate([10n, 20n, undefined, undefined, 40n, undefined], moment)).toEqual({
      stopsIn: expected,
    });
  });

  it('says when the last transaction ended where none ended later', async () => {
    expect(await locate([10n, 20n, undefined], 20n)).toEqual({ lastEnd: 20n });
    expect(await locate([undefined, undefined], 20n)).toEqual({ lastEnd: undefined });
    expect(await locate([], 20n)).toEqual({ lastEnd: undefined });
  });

  it('answers as looking into every segment would, and looks into few', async () => {
    const ends = fc.array(fc.option(fc.bigInt(0n, 5n), { nil: undefined, freq: 3 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(ends, fc.bigInt(0n, 110n), async (steps, moment) => {
        let now = 0n;
        const growing = steps.map((step) => (step === undefined ? undefined : (now += step)));
        const expected = growing.findIndex((end) => end !== undefined && end > moment);
        const found = await locate(growing, moment);
        expect(found).toEqual(
          expected < 0 ? { lastEnd: growing.findLast((end) => end !== undefined) } : { stopsIn: expected },
        );
      }),
    );
    let reads = 0;
    await locate(
      Array.from({ length: 10_000 }, (_, index) => BigInt(index)),
      1234n,
      () => {
        reads += 1;
      },
    );
    expect(reads).toBeLessThan(20);
  });
});
