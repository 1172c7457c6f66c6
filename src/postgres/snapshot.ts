import type { Client } from 'pg';
import { readServerFacts, type ServerFacts } from './server-facts.js';
import type { ServerConnection } from '../model/server-connection.js';
import { withConnection } from './connection.js';

/** A moment of a database that other sessions, such as pg_dump's, can be made to see as well. */
export interface Snapshot {
  /** For `pg_dump --snapshot`. */
  id: string;
  /** ISO 8601, UTC. */
  time: string;
  /** The write-ahead log position at that moment, e.g. `0/16B3748`. */
  lsn: string;
  server: ServerFacts;
}

/**
 * Holds one snapshot of a database open while `use` runs, so that everything read meanwhile, by this connection or by
 * a program that is given the snapshot's id, is of the same moment.
 *
 * @see https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION
 */
export async function withSnapshot<T>(
  server: ServerConnection,
  database: string,
  signal: AbortSignal,
  use: (snapshot: Snapshot, client: Client) => Promise<T>,
): Promise<T> {
  return withConnection(server, database, signal, async (client) => {
    const facts = await readServerFacts(client);
    // The session idles while pg_dump works: no limit of the server, the role or the database may end it.
    await client.query('SET idle_in_transaction_session_timeout = 0');
    // As pg_dump does: names print qualified, and nothing that a user has made is called instead of PostgreSQL's own.
    await client.query(`SET search_path = ''`);
    if (facts.major >= 17) await client.query('SET transaction_timeout = 0');
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    // As text: how a timestamp prints is up to the database's DateStyle, and the driver knows only one.
    const { rows } = await client.query<{ id: string; time: string; lsn: string }>(
      `SELECT pg_export_snapshot() AS id,
              to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time,
              ${facts.inRecovery ? 'pg_last_wal_replay_lsn()' : 'pg_current_wal_lsn()'}::text AS lsn`,
    );
    const { id, time, lsn } = rows[0]!;
    return use({ id, time, lsn, server: facts }, client);
  });
}
