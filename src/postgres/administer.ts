import type { Client } from 'pg';
import type { ServerConnection } from '../model/server-connection.js';
import { withConnection } from './connection.js';

/** A server, and the database to be connected to while others are made, renamed and dropped. */
export interface AdministeredServer {
  server: ServerConnection;
  maintenanceDatabase: string;
}

/** Like {@link withConnection}, for work on whole databases: no limit that the role or the database has ends it. */
export async function administer<T>(
  { server, maintenanceDatabase }: AdministeredServer,
  signal: AbortSignal,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  return withConnection(server, maintenanceDatabase, signal, async (client) => {
    await client.query('SET statement_timeout = 0; SET default_transaction_read_only = off');
    return use(client);
  });
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
