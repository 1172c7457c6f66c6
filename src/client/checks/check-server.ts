import { resolveConnection } from '../../config/connections.js';
import type { Configuration, ServerConfiguration } from '../../config/schema.js';
import { OperationError, remedyFor } from '../../model/failures.js';
import { withConnection } from '../../postgres/connection.js';
import { locateClient } from '../../postgres/locate-client.js';
import {
  listDatabases,
  namesToBackUp,
  readServerFacts,
  requireDatabase,
} from '../../postgres/server-facts.js';
import { ok, type Check } from './check.js';

/** Major and minor version as people write it, from `server_version_num`. */
const formatVersion = (version: number) => `${Math.floor(version / 10_000)}.${version % 10_000}`;

/** A PostgreSQL server: can it be reached, does it have the databases, are the programs of its version here? */
export function checkServer(
  server: ServerConfiguration,
  {
    path,
    passFile,
    programDirectories,
  }: {
    path: readonly string[];
    passFile: string | undefined;
    programDirectories: Configuration['programDirectories'];
  },
): Check[] {
  const inspect = async (signal: AbortSignal) => {
    const connection = await resolveConnection(server, passFile);
    return withConnection(connection, server.maintenanceDatabase, signal, async (client) => ({
      ...(await readServerFacts(client)),
      databases: await listDatabases(client),
    }));
  };
  const name = `server ${server.name}`;
  /** For what needs the server: its own check says why it cannot be asked. */
  const ask = async (signal: AbortSignal) => {
    try {
      return await inspect(signal);
    } catch (cause) {
      throw new OperationError(
        'ServerUnreachable',
        `Not checked; put right what keeps "${name}" from being ok.`,
        { cause },
      );
    }
  };
  return [
    {
      name,
      run: async (signal) => {
        const { version } = await inspect(signal);
        return ok(`PostgreSQL ${formatVersion(version)} at ${server.host}:${server.port}, as ${server.user}`);
      },
    },
    {
      name: `databases of ${server.name}`,
      run: async (signal) => {
        const { databases } = await ask(signal);
        const names = server.databases?.map(({ name }) => name) ?? namesToBackUp(databases);
        const missing = names.filter((name) => !databases.some(({ database }) => database === name));
        if (missing.length > 0)
          throw new OperationError(
            'DatabaseNotFound',
            `Not on the server: ${missing.join(', ')}; ${remedyFor('DatabaseNotFound')}.`,
          );
        for (const name of names) requireDatabase(databases, name, server);
        return ok(names.join(', '));
      },
    },
    {
      name: `programs for ${server.name}`,
      run: async (signal) => {
        const { major } = await ask(signal);
        const directories = [...programDirectories, ...path];
        const found: string[] = [];
        for (const program of ['pg_dump', 'pg_restore', ...(server.globals ? ['pg_dumpall'] : [])])
          found.push(await locateClient(program, major, directories, signal));
        return ok(found.join(', '));
      },
    },
  ];
}
