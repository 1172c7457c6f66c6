import { join } from 'node:path';
import type { Client } from 'pg';
import type { ServerConnection } from '../../../src/model/server-connection.js';
import { withConnection } from '../../../src/postgres/connection.js';
import { withScratchServer } from '../../../src/postgres/scratch-server.js';
import { installPostgres } from '../../../tools/install/install-postgres.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';

export const { signal } = new AbortController();

/** What each rung on a scratch server is tried with. */
export interface ScratchTest {
  binDirectory: string;
  /** The running test's own. */
  scratch: string;
  /** One step on the scratch server: it runs while `use` does. */
  step: <T>(use: (server: ServerConnection) => Promise<T>) => Promise<T>;
  /** Runs SQL in a step of its own. */
  query: <Row extends Record<string, unknown>>(database: string, ...sql: string[]) => Promise<Row[]>;
}

/** A scratch server of the running test's own. */
export async function prepareScratch(major?: number): Promise<ScratchTest> {
  const { binDirectory } = await installPostgres(major);
  const scratch = await makeScratchDirectory();
  const context = { signal, ledger: { directory: join(scratch, 'children') } };
  const step = <T>(use: (server: ServerConnection) => Promise<T>) =>
    withScratchServer(join(scratch, 'server'), binDirectory, context, use);
  return {
    binDirectory,
    scratch,
    step,
    query: <Row extends Record<string, unknown>>(database: string, ...statements: string[]) =>
      step((server) => withConnection(server, database, signal, (client) => runAll<Row>(client, statements))),
  };
}

async function runAll<Row extends Record<string, unknown>>(
  client: Client,
  statements: string[],
): Promise<Row[]> {
  let rows: Row[] = [];
  for (const sql of statements) ({ rows } = await client.query<Row>(sql));
  return rows;
}
