import type { Client } from 'pg';
import { OperationError } from '../model/failures.js';
import { administer, type AdministeredServer } from './administer.js';
import { IS_UNFINISHED } from './restore-target.js';

/** What stays with a database when it is renamed, or keeps it from being renamed, and what to do about it. */
const obstacles = [
  {
    query: 'SELECT gid AS name FROM pg_prepared_xacts WHERE database = $1 ORDER BY 1',
    what: 'prepared transaction',
    why: 'with which PostgreSQL does not rename it; commit or roll it back',
  },
  {
    query: `SELECT slot_name AS name FROM pg_replication_slots
             WHERE database = $1 AND slot_type = 'logical' AND NOT temporary ORDER BY 1`,
    what: 'logical replication slot',
    why: 'which would go on with the replaced database; drop it, and let the subscriber begin anew afterwards',
  },
  {
    query: `SELECT subname AS name FROM pg_subscription JOIN pg_database d ON d.oid = subdbid
             WHERE datname = $1 AND subenabled ORDER BY 1`,
    what: 'subscription',
    why: 'which would go on filling the replaced database; disable it',
  },
] as const;

/**
 * Refuses to replace a database that can't be renamed, before the work of making what is to replace it.
 *
 * @throws OperationError `TargetUnfit`
 */
export async function refuseIrreplaceable(
  target: AdministeredServer,
  database: string,
  signal: AbortSignal,
): Promise<void> {
  await administer(target, signal, async (client) => {
    await refuseUnfinished(client, target, [database]);
    await refuseUnswappable(client, target, [database]);
  });
}

/**
 * Refuses to rename databases of which something would break or be left behind.
 *
 * @throws OperationError `TargetUnfit`
 */
export async function refuseUnswappable(
  client: Client,
  { server, maintenanceDatabase }: AdministeredServer,
  databases: readonly string[],
): Promise<void> {
  for (const database of databases) {
    if (database === maintenanceDatabase)
      throw new OperationError(
        'TargetUnfit',
        `Database "${database}" is the one from which server ${server.name} is administered; set another maintenanceDatabase in backups.yaml.`,
      );
    for (const { query, what, why } of obstacles) {
      const { rows } = await client.query<{ name: string }>(query, [database]);
      const [first] = rows;
      if (!first) continue;
      throw new OperationError(
        'TargetUnfit',
        `Database "${database}" of server ${server.name} has the ${what} "${first.name}"${rows.length > 1 ? ` and ${rows.length - 1} more` : ''}, ${why}, then start again.`,
      );
    }
  }
}

/**
 * Refuses to rename databases that a restore has not completed: one that is live all at once would be dropped when that
 * restore is tried again or cancelled, and one that is moved away is not what the restore goes on to fill.
 *
 * @throws OperationError `TargetUnfit`
 */
export async function refuseUnfinished(
  client: Client,
  { server }: AdministeredServer,
  databases: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT datname AS name FROM pg_database d WHERE datname = ANY($1) AND ${IS_UNFINISHED}`,
    [databases],
  );
  const [first] = rows;
  if (!first) return;
  throw new OperationError(
    'TargetUnfit',
    `Database "${first.name}" of server ${server.name} is being restored and not complete; wait for the restore, or drop what a killed one has left, then start again.`,
  );
}
