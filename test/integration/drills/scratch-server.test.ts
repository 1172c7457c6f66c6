import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ServerConnection } from '../../../src/model/server-connection.js';
import { withConnection } from '../../../src/postgres/connection.js';
import { withScratchServer } from '../../../src/postgres/scratch-server.js';
import { endRecordedChildren } from '../../../src/programs/child-ledger.js';
import { installPostgres } from '../../../tools/install/install-postgres.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';

const { signal } = new AbortController();

/** A scratch server's directory, as deep below others that are closed to everybody else as on a staging volume. */
async function prepare(major?: number) {
  const { binDirectory } = await installPostgres(major);
  const scratch = await makeScratchDirectory();
  const directory = join(scratch, 'backups', 'a server with a long name'.repeat(4), 'drill');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return { binDirectory, directory, ledger: { directory: join(scratch, 'children') } };
}

async function query(server: ServerConnection, sql: string): Promise<unknown[]> {
  return withConnection(
    server,
    'postgres',
    signal,
    async (client) => (await client.query<Record<string, unknown>>(sql)).rows,
  );
}

/** The processes of the server in `directory`, its sessions among them: all work in its data directory. */
async function serverProcesses(directory: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return pids.filter((_, index) => places[index]!.startsWith(directory));
}

async function postmasterOf(directory: string): Promise<number> {
  return Number.parseInt(await readFile(join(directory, 'data/postmaster.pid'), 'utf8'));
}

const longStatement = 'SELECT sum(i) FROM generate_series(1, 1e12) i';

describe.each([15, 16, 18])('a scratch server of PostgreSQL %i', (major) => {
  it('keeps its databases from step to step, closed to everybody else', async () => {
    const { binDirectory, directory, ledger } = await prepare(major);
    await withScratchServer(directory, binDirectory, { signal, ledger }, async (server) => {
      expect(await query(server, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '' }]);
      const place = join(directory, 'data');
      expect(await readdir(place)).toContain('.s.PGSQL.5432');
      expect((await stat(place)).mode & 0o077).toBe(0);
      await query(server, 'CREATE TABLE kept AS SELECT 42 AS answer');
    });
    expect(await serverProcesses(directory)).toEqual([]);
    const kept = await withScratchServer(directory, binDirectory, { signal, ledger }, (server) =>
      query(server, 'SELECT answer FROM kept'),
    );
    expect(kept).toEqual([{ answer: 42 }]);
    expect(await serverProcesses(directory)).toEqual([]);
    expect(await readdir(ledger.directory)).toEqual([]);
  });

  it('is gone at once when the step is given up, whatever its sessions do', async () => {
    const { binDirectory, directory, ledger } = await prepare(major);
    const step = new AbortController();
    const work = withScratchServer(
      directory,
      binDirectory,
      { signal: step.signal, ledger },
      async (server) => {
        const statement = query(server, longStatement);
        await waitUntil('the statement runs', async () => {
          const sql = `SELECT FROM pg_stat_activity WHERE state = 'active' AND query = '${longStatement}'`;
          return (await query(server, sql)).length > 0;
        });
        step.abort(new Error('given up'));
        await statement;
      },
    );
    await expect(work).rejects.toThrow('given up');
    expect(await serverProcesses(directory)).toEqual([]);
  });

  it('does not outlive a worker that is killed; the next attempt goes on with its data', async () => {
    const { binDirectory, directory, ledger } = await prepare(major);
    await withScratchServer(directory, binDirectory, { signal, ledger }, (server) =>
      query(server, 'CREATE TABLE kept AS SELECT 42 AS answer'),
    );
    const script = new URL('../../support/scratch-server-at-work.ts', import.meta.url).pathname;
    const args = ['--import', 'tsx', script, directory, binDirectory, ledger.directory];
    const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(worker.stdout, 'data')) as [Buffer];
    expect(said.toString()).toBe('at work\n');
    worker.kill('SIGKILL');
    await waitUntil('the server has ended', async () => (await serverProcesses(directory)).length === 0);

    await endRecordedChildren(ledger);
    const kept = await withScratchServer(directory, binDirectory, { signal, ledger }, (server) =>
      query(server, 'SELECT answer FROM kept'),
    );
    expect(kept).toEqual([{ answer: 42 }]);
  });
});

it('tells those who work with it when it crashes', async () => {
  const { binDirectory, directory, ledger } = await prepare();
  const work = withScratchServer(directory, binDirectory, { signal, ledger }, async (_server, lost) => {
    process.kill(await postmasterOf(directory), 'SIGKILL');
    await once(lost, 'abort');
    throw new Error('what a client says of it');
  });
  await expect(work).rejects.toMatchObject({
    type: 'ProgramFailed',
    message: expect.stringContaining('was ended by SIGKILL') as string,
  });
});

it('names why it does not start', async () => {
  const { binDirectory, directory, ledger } = await prepare();
  await withScratchServer(directory, binDirectory, { signal, ledger }, () => Promise.resolve());
  await writeFile(join(directory, 'data/PG_VERSION'), '9.6\n');
  const work = withScratchServer(directory, binDirectory, { signal, ledger }, () => Promise.resolve());
  await expect(work).rejects.toMatchObject({
    type: 'ProgramFailed',
    message: expect.stringMatching(/database files are incompatible with server/) as string,
  });
});
