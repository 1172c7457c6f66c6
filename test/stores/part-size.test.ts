import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosePartConcurrency, choosePartSize, MAX_PARTS } from '../../src/stores/part-size.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** 10,000 parts of 5 GiB: the largest object that S3 can hold. */
const MAX_OBJECT = MAX_PARTS * 5 * GIB;

/** Sizes of every magnitude, and those around the places where the part size changes. */
const size = fc
  .oneof(
    fc.integer({ min: 0, max: 46 }).chain((exponent) => fc.integer({ min: 0, max: 2 ** exponent })),
    fc
      .tuple(fc.integer({ min: 1, max: 5 * 1024 }), fc.integer({ min: -2, max: 2 }))
      .map(([mib, offset]) => mib * MIB * MAX_PARTS + offset),
  )
  .map((bytes) => Math.min(bytes, MAX_OBJECT));

describe('choosePartSize', () => {
  it('stays within the limits of S3 for any object that S3 can hold', () => {
    fc.assert(
      fc.property(size, (bytes) => {
        const partBytes = choosePartSize(bytes);
        expect(partBytes).toBeGreaterThanOrEqual(8 * MIB);
        expect(partBytes).toBeLessThanOrEqual(5 * GIB);
        expect(Math.ceil(bytes / partBytes)).toBeLessThanOrEqual(MAX_PARTS);
      }),
      { numRuns: 2000 },
    );
  });

  it('is never more than one MiB above what is needed', () => {
    fc.assert(
      fc.property(size, (bytes) => {
        const partBytes = choosePartSize(bytes);
        expect(partBytes === 8 * MIB || (partBytes - MIB) * MAX_PARTS < bytes).toBe(true);
      }),
    );
  });

  it.each([
    [0, 8],
    [8 * MIB * MAX_PARTS, 8],
    [8 * MIB * MAX_PARTS + 1, 9],
    [MAX_OBJECT, 5 * 1024],
  ])('for %d bytes is %d MiB', (bytes, mib) => {
    expect(choosePartSize(bytes)).toBe(mib * MIB);
  });
});

describe('choosePartConcurrency', () => {
  it('keeps the buffers within 64 MiB, or sends one part at a time', () => {
    fc.assert(
      fc.property(size, (bytes) => {
        const partBytes = choosePartSize(bytes);
        const concurrency = choosePartConcurrency(partBytes);
        expect(concurrency).toBeGreaterThanOrEqual(1);
        expect(concurrency === 1 || concurrency * partBytes <= 64 * MIB).toBe(true);
      }),
    );
  });

  it('sends several parts of the usual size at a time', () => {
    expect(choosePartConcurrency(8 * MIB)).toBe(4);
  });
});
