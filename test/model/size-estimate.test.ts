import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Manifest } from '../../src/model/manifest.js';
import { estimateSizes } from '../../src/model/size-estimate.js';
import { sampleManifest } from '../support/sample-manifest.js';

const MiB = 1024 ** 2;
const bytes = fc.integer({ min: 0, max: 2 ** 43 });

/** A manifest of a backup whose dump and archive had these sizes. */
function backupOf(dumped: number, archive: number): Manifest {
  const manifest = sampleManifest(
    { kind: 'database', server: 'main', database: 'a' },
    'a_20260503_020000',
    archive,
  );
  if (manifest.kind !== 'database') throw new Error('not of a database');
  const [table] = manifest.inventory.tables;
  manifest.inventory.tables = [{ ...table!, bytes: dumped }];
  manifest.inventory.largeObjects.bytes = 0;
  return manifest;
}

it('always has room for a dump as large as expected and its archive, and for the smallest database', () => {
  fc.assert(
    fc.property(bytes, fc.option(fc.tuple(bytes, fc.integer({ min: 1, max: 2 ** 43 }))), (size, last) => {
      const previous = last ? backupOf(...last) : undefined;
      const { expectedBytes, stagingBytes } = estimateSizes(size, previous);
      expect(Number.isSafeInteger(expectedBytes) && Number.isSafeInteger(stagingBytes)).toBe(true);
      const [dumped, archive] = last ?? [0, 0];
      const ratio = dumped > 0 ? Math.min(1, archive / dumped) : 0;
      expect(stagingBytes).toBeGreaterThanOrEqual(Math.floor(expectedBytes * (1 + ratio)) + 16 * MiB);
    }),
  );
});

it('believes the last backup, and without one the size on disk', () => {
  expect(estimateSizes(5000 * MiB, backupOf(1000 * MiB, 250 * MiB))).toEqual({
    expectedBytes: 1000 * MiB,
    stagingBytes: Math.round((1250 + 16) * MiB * 1.25),
  });
  expect(estimateSizes(5000 * MiB, undefined).expectedBytes).toBe(5000 * MiB);
  expect(estimateSizes(5000 * MiB, backupOf(0, 100)).expectedBytes).toBe(5000 * MiB);
});

it('needs little for the globals', () => {
  const previous = sampleManifest({ kind: 'globals', server: 'main' }, 'globals_20260503_020000');
  expect(estimateSizes(0, previous)).toEqual({ expectedBytes: 0, stagingBytes: 24 * MiB });
});
