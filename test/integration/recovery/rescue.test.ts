import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { startArchivedServer } from '../../support/archived-server.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { runCli } from '../client/run-cli.js';

it('recovers from a store’s URL and the keys alone: one database beside the live one, and the whole server', async () => {
  await using server = await startArchivedServer({ encrypted: true });
  const { postgres, privateKeys, storeDirectory } = server;
  await postgres.query('postgres', 'CREATE DATABASE app');
  await server.takeBase();
  await postgres.query('app', 'CREATE TABLE precious AS SELECT * FROM generate_series(1, 100) AS number');
  const [before] = await postgres.query<{ time: string }>(
    'postgres',
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time`,
  );
  await postgres.query('app', 'DROP TABLE precious');
  await server.flush();

  const scratch = await makeScratchDirectory();
  const work = join(scratch, 'work');
  await mkdir(work);
  const { host, port, user, password } = postgres;
  const rescue = (...args: string[]) =>
    runCli(
      [
        ...['--json', 'rescue', 'recover', '--store', pathToFileURL(storeDirectory).href],
        ...['--private-keys', privateKeys!.privateKeysFile, '--directory', work],
        ...['--host', host, '--port', String(port), '--user', user, ...args],
      ],
      { HOME: scratch, TMPDIR: scratch, PGPASSWORD: password },
    );
  const dry = await rescue('--time', before!.time, '--database', 'app', '--dry-run');
  expect(dry).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, database: 'app', target: { kind: 'time' } });

  const beside = await rescue('--time', before!.time, '--database', 'app', '--as', 'app_before');
  expect(beside).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(beside.stdout)).toMatchObject({ restored: { tables: 1, rows: 100 } });
  expect(await postgres.query('app_before', 'SELECT count(*)::int AS rows FROM precious')).toEqual([
    { rows: 100 },
  ]);
  expect(await postgres.query('app', `SELECT to_regclass('precious') AS there`)).toEqual([{ there: null }]);

  const into = join(scratch, 'recovered');
  const whole = await rescue('--latest', '--into', into);
  expect(whole).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(whole.stdout)).toMatchObject({
    handedOver: { directory: into },
    reached: { timeline: 2 },
  });
  expect(await readdir(into)).toEqual(expect.arrayContaining(['PG_VERSION', 'base', 'postgresql.conf']));
  expect(await readdir(work)).not.toContainEqual(expect.stringContaining('recovery'));

  const refused = await rescue('--latest', '--into', into);
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is not empty') as string });
  const early = await rescue('--time', '2020-01-01T00:00:00Z', '--into', join(scratch, 'early'));
  expect(early).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/cannot be recovered to 2020-01-01T00:00:00Z.*reaches from/) as string,
  });
  expect(await readdir(scratch)).not.toContain('early');
}, 300_000);
