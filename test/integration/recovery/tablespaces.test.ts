import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handOver } from '../../../src/recovery/hand-over.js';
import { startArchivedServer, type ArchivedServer } from '../../support/archived-server.js';
import { askCluster } from '../../support/ask-cluster.js';
import { withRecovered } from '../../support/recover.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';

const { signal } = new AbortController();

describe.each([15, 18])('PostgreSQL %i, a server with a tablespace of its own', (major) => {
  let server: ArchivedServer;
  let locations: string;

  const query = <Row extends Record<string, unknown>>(database: string, sql: string) =>
    server.postgres.query<Row>(database, sql);
  /** Files of the live server in its tablespaces, with their sizes. */
  const listLive = async () =>
    (await execa('find', [locations, '-printf', '%P %s\n'])).stdout.split('\n').sort();

  beforeAll(async () => {
    locations = await mkdtemp(join(tmpdir(), 'tb-tablespaces-'));
    for (const name of ['fast', 'later']) await mkdir(join(locations, name));
    if (process.getuid?.() === 0) await execa('chown', ['-R', 'postgres:', locations]);
    server = await startArchivedServer({ major, encrypted: true });
    await query('postgres', `CREATE TABLESPACE "fast ß" LOCATION '${join(locations, 'fast')}'`);
    await query('postgres', 'CREATE DATABASE app TABLESPACE "fast ß"');
    await query(
      'postgres',
      'CREATE TABLE elsewhere TABLESPACE "fast ß" AS SELECT generate_series(1, 1000) AS n',
    );
    await server.takeBase();
    await query('app', 'CREATE TABLE kept AS SELECT generate_series(1, 500) AS n');
    await query('postgres', 'DELETE FROM elsewhere WHERE n > 900');
    await query('postgres', `SELECT pg_create_restore_point('before another')`);
    await server.flush();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await rm(locations, { recursive: true, force: true });
  });

  it('comes back with what is in it, inside of the data directory', async () => {
    await query('postgres', 'CHECKPOINT');
    const live = await listLive();
    const scratch = await makeScratchDirectory();
    await execa('chmod', ['a+x', scratch]);
    const into = join(scratch, 'data');
    await withRecovered(server, { kind: 'name', name: 'before another' }, async ({ cluster }) => {
      await handOver(cluster, into, { signal });
    });
    const ask = (database: string, sql: string) => askCluster(server.postgres, into, database, sql);
    expect(await ask('app', 'SELECT count(*) FROM kept')).toBe('500');
    expect(await ask('postgres', 'SELECT count(*) FROM elsewhere')).toBe('900');
    expect(await ask('postgres', 'CREATE TABLE more TABLESPACE "fast ß" AS SELECT 1')).toBe('SELECT 1');
    expect(
      (await readdir(join(into, 'pg_tblspc'), { withFileTypes: true })).map((entry) => entry.isDirectory()),
    ).toEqual([true]);
    expect(await listLive()).toEqual(live);
  });

  it('is not recovered past the making of another one, which would be the live one’s directory', async () => {
    await query('postgres', `CREATE TABLESPACE later LOCATION '${join(locations, 'later')}'`);
    await query('postgres', 'CREATE TABLE in_later TABLESPACE later AS SELECT generate_series(1, 1000) AS n');
    await query('postgres', 'CHECKPOINT');
    await server.flush();
    const live = await listLive();
    await expect(withRecovered(server, { kind: 'end' }, () => Promise.resolve())).rejects.toMatchObject({
      type: 'RecoveryFailed',
      message: expect.stringMatching(
        /a tablespace was made after the base backup.*earlier moment.*new base backup/,
      ) as string,
    });
    expect(await listLive()).toEqual(live);
    await withRecovered(server, { kind: 'name', name: 'before another' }, async (recovered) => {
      const { rows } = await recovered.ask('postgres', (client) =>
        client.query('SELECT count(*)::int AS n FROM elsewhere'),
      );
      expect(rows).toEqual([{ n: 900 }]);
    });
    await server.takeBase();
    await withRecovered(server, { kind: 'end' }, async (recovered) => {
      const { rows } = await recovered.ask('postgres', (client) =>
        client.query('SELECT count(*)::int AS n FROM in_later'),
      );
      expect(rows).toEqual([{ n: 1000 }]);
    });
  });
});
