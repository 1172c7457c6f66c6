import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseError, escapeIdentifier, type Client } from 'pg';
import { OperationError, remedyFor } from '../model/failures.js';
import { administer, type AdministeredServer } from './administer.js';
import { refuseUnfinished, refuseUnswappable } from './refuse-unswappable.js';
import { completeStatement } from './restore-target.js';

/** Which database takes whose place. */
export interface Swap {
  /** The name that clients know. */
  live: string;
  /** The database that is to have it. */
  replacement: string;
  /** What the database that had it is called from then on. */
  becomes: string;
}

/** How long a rename waits for the lock on a database, e.g. while somebody copies it. */
const LOCK_TIMEOUT = '10s';
/** How often sessions are ended that are still or again in one of the two, in milliseconds. */
const INTERVAL = 50;
/** `object_in_use`: sessions did not end within the five seconds that PostgreSQL waits for them. */
const IN_USE = '55006';

/**
 * Puts a database into the place of another. Both renames are one transaction in one message: whatever ends this
 * session, this worker or the server, either both have happened or none.
 *
 * A rename locks its database first, and so keeps new connections waiting, then waits up to five seconds until the old
 * ones have ended; a second session ends them meanwhile. A client that came in between is told that the database does
 * not exist and finds it when it connects again. Settings, privileges and the connection limit go with their database.
 *
 * One that is ended takes the renames back or, when it is too late for that, is done and says so ({@link administer}).
 * Called again when it is done, it does nothing. The same with the names the other way round undoes it.
 *
 * @param target - `restoreId` where a restore made the replacement: it is complete with the swap
 * @throws OperationError `DatabaseNotFound`, `TargetExists` or `TargetUnfit`, before anything is touched, when a name is
 * missing, taken or can't be renamed; `LockTimeout` when sessions did not end: all is as it was
 * @see https://www.postgresql.org/docs/current/sql-alterdatabase.html
 */
export async function swapDatabases(
  target: AdministeredServer & { restoreId?: string },
  swap: Swap,
  signal: AbortSignal,
): Promise<void> {
  await administer(target, signal, async (client) => {
    const oids = await findOids(client, swap);
    if (isDone(swap, oids)) return;
    refuseNames(target, swap, oids);
    await refuseUnswappable(client, target, [swap.live, swap.replacement]);
    const { restoreId } = target;
    const complete =
      restoreId === undefined
        ? undefined
        : await completeStatement(client, { database: swap.replacement, restoreId }, swap.live);
    await refuseUnfinished(client, target, complete ? [swap.live] : [swap.live, swap.replacement]);
    const [live, replacement, becomes] = [swap.live, swap.replacement, swap.becomes].map(escapeIdentifier);
    await client.query(`SET lock_timeout = '${LOCK_TIMEOUT}'`);
    const endSessions = keepEnding(target, [oids.get(swap.live)!, oids.get(swap.replacement)!], signal);
    try {
      await client.query(
        `ALTER DATABASE ${live} RENAME TO ${becomes};
         ALTER DATABASE ${replacement} RENAME TO ${live};
         ${complete ?? ''}`,
      );
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DatabaseError && error.code === IN_USE) throw describeInUse(target, error);
      throw error;
    } finally {
      await endSessions();
    }
  });
}

async function findOids(client: Client, swap: Swap): Promise<Map<string, number>> {
  const { rows } = await client.query<{ name: string; oid: number }>(
    'SELECT datname AS name, oid::int8::float8 AS oid FROM pg_database WHERE datname = ANY($1)',
    [[swap.live, swap.replacement, swap.becomes]],
  );
  return new Map(rows.map(({ name, oid }) => [name, oid]));
}

function isDone({ live, replacement, becomes }: Swap, oids: ReadonlyMap<string, number>): boolean {
  return oids.has(live) && oids.has(becomes) && !oids.has(replacement);
}

function refuseNames(
  { server }: AdministeredServer,
  { live, replacement, becomes }: Swap,
  oids: ReadonlyMap<string, number>,
): void {
  for (const name of [live, replacement]) {
    if (!oids.has(name))
      throw new OperationError(
        'DatabaseNotFound',
        `Server ${server.name} has no database "${name}", so nothing was swapped; see "temponest-backups list" and \\l in psql.`,
      );
  }
  if (oids.has(becomes))
    throw new OperationError(
      'TargetExists',
      `Server ${server.name} has a database "${becomes}" already, so "${live}" can't get that name; ${remedyFor('TargetExists')}.`,
    );
}

function describeInUse({ server }: AdministeredServer, error: DatabaseError): OperationError {
  return new OperationError(
    'LockTimeout',
    `On server ${server.name} ${error.message}, which did not end in five seconds (${error.detail}); nothing was swapped, see pg_stat_activity for what they do.`,
    { cause: error },
  );
}

/**
 * Ends the sessions of databases again and again, over a connection of its own.
 *
 * @returns a function that stops it
 */
function keepEnding(
  target: AdministeredServer,
  oids: readonly number[],
  signal: AbortSignal,
): () => Promise<void> {
  const stop = new AbortController();
  const end = administer(target, signal, async (client) => {
    while (!stop.signal.aborted && !signal.aborted) {
      // The rename itself ends autovacuum, whose workers not everybody may.
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datid = ANY($1::oid[]) AND backend_type <> 'autovacuum worker'`,
        [oids],
      );
      await delay(INTERVAL, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  });
  // A rename that fails for the sessions that are left says what this has to say.
  const ended = end.catch(() => undefined);
  return async () => {
    stop.abort();
    await ended;
  };
}
