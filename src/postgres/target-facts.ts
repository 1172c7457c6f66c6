import type { Client } from 'pg';
import { administer, type AdministeredServer } from './administer.js';
import { refusePowerlessUser, type PowersNeeded } from './refuse-powerless-user.js';
import { refuseUnfitTarget, type TargetNeeds } from './refuse-unfit-target.js';
import { readServerFacts } from './server-facts.js';

/** What the server that a backup is to be restored into has and lacks. */
export interface TargetFacts {
  major: number;
  /** Sizes in bytes of those of the databases asked for that are there. */
  existing: Map<string, number>;
  missingRoles: string[];
  /** Extensions that are not installed on the server's host. */
  missingExtensions: string[];
}

/**
 * Looks at a server with a backup's eyes, before anything is done.
 *
 * @param databases - names to look for
 * @throws OperationError `TargetUnfit` for a standby, a server older than the one that was backed up, or one without its
 * tablespaces, locale or locale provider; `PermissionDenied` for a user who could not make what it holds
 */
export async function readTargetFacts(
  target: AdministeredServer,
  needs: TargetNeeds & PowersNeeded,
  databases: readonly string[],
  signal: AbortSignal,
): Promise<TargetFacts> {
  return administer(target, signal, async (client) => {
    const server = await readServerFacts(client);
    await refuseUnfitTarget(client, target.server.name, server, needs);
    await refusePowerlessUser(client, target.server.name, server, needs);
    const { inventory } = needs;
    const sizes = await client.query<{ name: string; bytes: string }>(
      'SELECT datname AS name, pg_database_size(oid)::text AS bytes FROM pg_database WHERE datname = ANY($1)',
      [databases],
    );
    const extensions = inventory.extensions.map(({ name }) => name);
    return {
      major: server.major,
      existing: new Map(sizes.rows.map(({ name, bytes }) => [name, Number(bytes)])),
      missingRoles: await findMissing(client, inventory.roles, 'SELECT rolname FROM pg_roles'),
      missingExtensions: await findMissing(client, extensions, 'SELECT name FROM pg_available_extensions'),
    };
  });
}

async function findMissing(client: Client, wanted: readonly string[], present: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT wanted AS name FROM unnest($1::text[]) AS wanted WHERE wanted NOT IN (${present}) ORDER BY 1`,
    [wanted],
  );
  return rows.map(({ name }) => name);
}
