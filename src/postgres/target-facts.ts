import type { Client } from 'pg';
import { OperationError } from '../model/failures.js';
import type { DatabaseManifest } from '../model/manifest.js';
import { administer, type AdministeredServer } from './administer.js';
import { readServerFacts, type ServerFacts } from './server-facts.js';

/** What the server that a backup is to be restored into has and lacks. */
export interface TargetFacts {
  major: number;
  /** Sizes in bytes of those of the databases asked for that are there. */
  existing: Map<string, number>;
  missingRoles: string[];
  /** Extensions that are not installed on the server's host. */
  missingExtensions: string[];
}

type BackupNeeds = Pick<DatabaseManifest, 'serverVersion' | 'inventory' | 'tablespaces' | 'id'>;

/**
 * Looks at a server with a backup's eyes, before anything is done.
 *
 * @param databases - names to look for
 * @throws OperationError `TargetUnfit` for a standby, for a server older than the one that was backed up, or without its tablespaces
 */
export async function readTargetFacts(
  target: AdministeredServer,
  { serverVersion, inventory, tablespaces, id }: BackupNeeds,
  databases: readonly string[],
  signal: AbortSignal,
): Promise<TargetFacts> {
  return administer(target, signal, async (client) => {
    const facts = await readServerFacts(client);
    refuseUnfit(target.server.name, facts, id, Math.floor(serverVersion / 10000));
    const missing = await findMissing(client, tablespaces ?? [], 'SELECT spcname FROM pg_tablespace');
    if (missing.length > 0) throw describeTablespaces(target.server.name, id, missing);
    const sizes = await client.query<{ name: string; bytes: string }>(
      'SELECT datname AS name, pg_database_size(oid)::text AS bytes FROM pg_database WHERE datname = ANY($1)',
      [databases],
    );
    return {
      major: facts.major,
      existing: new Map(sizes.rows.map(({ name, bytes }) => [name, Number(bytes)])),
      missingRoles: await findMissing(client, inventory.roles, 'SELECT rolname AS name FROM pg_roles'),
      missingExtensions: await findMissing(
        client,
        inventory.extensions.map(({ name }) => name),
        'SELECT name FROM pg_available_extensions',
      ),
    };
  });
}

async function findMissing(client: Client, wanted: readonly string[], present: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS wanted (name) EXCEPT (${present}) ORDER BY 1`,
    [wanted],
  );
  return rows.map(({ name }) => name);
}

function refuseUnfit(
  name: string,
  { major, inRecovery }: ServerFacts,
  id: string,
  backupMajor: number,
): void {
  if (inRecovery)
    throw new OperationError(
      'TargetUnfit',
      `Server ${name} is a standby, which nothing can be restored into; restore into its primary.`,
    );
  if (major < backupMajor)
    throw new OperationError(
      'TargetUnfit',
      `Server ${name} is PostgreSQL ${major}, older than the ${backupMajor} that backup ${id} was made of; restore into a server of version ${backupMajor} or later.`,
    );
}

function describeTablespaces(name: string, id: string, missing: readonly string[]): OperationError {
  return new OperationError(
    'TargetUnfit',
    `Server ${name} lacks ${missing.length === 1 ? 'the tablespace' : 'the tablespaces'} ${missing.map((each) => `"${each}"`).join(', ')} that backup ${id} uses; create them there with CREATE TABLESPACE.`,
  );
}
