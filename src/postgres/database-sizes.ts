import { administer, type AdministeredServer } from './administer.js';

/** Sizes in bytes of those of the databases that are there. */
export async function readDatabaseSizes(
  server: AdministeredServer,
  databases: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  return administer(server, signal, async (client) => {
    const { rows } = await client.query<{ name: string; bytes: string }>(
      'SELECT datname AS name, pg_database_size(oid)::text AS bytes FROM pg_database WHERE datname = ANY($1)',
      [databases],
    );
    return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
  });
}
