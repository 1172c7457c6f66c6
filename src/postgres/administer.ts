import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { ServerConnection } from '../model/server-connection.js';
import { withConnection } from './connection.js';

/** A server, and the database to be connected to while others are made, renamed and dropped. */
export interface AdministeredServer {
  server: ServerConnection;
  maintenanceDatabase: string;
}

/** How long a server may take to end what it is told to end, in milliseconds; then nobody knows whether it was done. */
const ENDING_PATIENCE = 30_000;
/** How often it is told, in milliseconds. */
const ENDING_INTERVAL = 50;

/**
 * Like {@link withConnection}, for work on whole databases: no limit that the role or the database has ends it.
 *
 * An aborted signal does not cut the connection: a server whose client has gone finishes what it has begun, after whoever
 * cleans up has looked. It is told to cancel instead. So work that throws then is not done; where it was too late for
 * that, it is done and has its result.
 */
export async function administer<T>(
  target: AdministeredServer,
  signal: AbortSignal,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const [lost, ended] = [new AbortController(), new AbortController()];
  let pid: number | undefined;
  const end = () => {
    if (pid === undefined) return lost.abort();
    const patience = setTimeout(() => lost.abort(), ENDING_PATIENCE);
    ended.signal.addEventListener('abort', () => clearTimeout(patience));
    void keepCancelling(target, pid, ended.signal);
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    return await withConnection(target.server, target.maintenanceDatabase, lost.signal, async (client) => {
      await client.query('SET default_transaction_read_only = off');
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      signal.throwIfAborted();
      pid = rows[0]!.pid;
      return use(client);
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    ended.abort();
  }
}

/** Cancels what a session does, again and again until it has ended: what has not begun yet can't be cancelled. */
async function keepCancelling(target: AdministeredServer, pid: number, ended: AbortSignal): Promise<void> {
  const keep = async (client: Client) => {
    for (;;) {
      await client.query('SELECT pg_cancel_backend($1)', [pid]);
      await delay(ENDING_INTERVAL, undefined, { signal: ended });
    }
  };
  // It always ends with an error; a server that can't be reached is waited for with patience.
  await withConnection(target.server, target.maintenanceDatabase, ended, keep).catch(() => undefined);
}

/** Runs `work` in one transaction. */
export async function inTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // The connection may be what failed: then the server rolls back by itself.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
