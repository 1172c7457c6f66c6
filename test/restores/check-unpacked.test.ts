import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseManifest } from '../../src/model/manifest.js';
import { checkUnpacked } from '../../src/restores/check-unpacked.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { sampleManifest } from '../support/sample-manifest.js';
import { nameBackup, subjectOf } from '../support/seed-backup.js';

const app = subjectOf('prod', 'app');
const { id } = nameBackup(app, new Date('2026-06-01T02:00:00Z'));
/** Of two tables, 3000 and 90000 bytes, and one large object of 500. */
const manifest = sampleManifest(app, id) as DatabaseManifest;
/** What pg_dump writes after each table's data. */
const END = 5;

let directory: string;
const fileOf = (name: string) => join(directory, name);
beforeEach(async () => {
  directory = join(await makeScratchDirectory(), 'dump');
  await mkdir(directory);
  await writeFile(fileOf('toc.dat'), 'PGDMP');
  await writeFile(fileOf('3001.dat'), Buffer.alloc(90_000 + END));
  await writeFile(fileOf('3002.dat'), Buffer.alloc(3000 + END));
  await writeFile(fileOf('blob_16400.dat'), Buffer.alloc(500));
  await writeFile(fileOf('blobs.toc'), '16400 blob_16400.dat\n');
});

describe('an unpacked dump', () => {
  it('with the files that its manifest describes is accepted', async () => {
    await checkUnpacked(manifest, directory);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['without a table of contents', () => rm(fileOf('toc.dat')), 'no table of contents'],
    ['without a table', () => rm(fileOf('3001.dat')), '1 instead of 2 tables'],
    ['with a table too many', () => writeFile(fileOf('3003.dat'), '\\.\n\n\n'), '3 instead of 2 tables'],
    ['with a shorter table', () => truncate(fileOf('3002.dat'), 3000), 'tables of other sizes'],
    ['without a large object', () => rm(fileOf('blob_16400.dat')), 'other large objects'],
    ['with a shorter large object', () => truncate(fileOf('blob_16400.dat'), 499), 'other large objects'],
  ])('%s is another dump', async (_what, damage, fault) => {
    await damage();
    await expect(checkUnpacked(manifest, directory)).rejects.toMatchObject({
      type: 'ArtifactDamaged',
      message: `${manifest.artifact.key} holds another dump than its manifest describes (${fault}); restore from another store, or restore another backup.`,
    });
  });
});
