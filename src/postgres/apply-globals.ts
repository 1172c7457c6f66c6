import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../model/failures.js';
import type { GlobalsManifest } from '../model/manifest.js';
import type { ServerConnection } from '../model/server-connection.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import { adaptGlobals } from './adapt-globals.js';
import { libpqEnvironment, withConnection } from './connection.js';
import { locateClient } from './locate-client.js';
import { readServerFacts } from './server-facts.js';

/**
 * Gives a scratch server the roles, memberships and tablespaces of a dump of the globals. What it has already stays as it
 * is, so this may be repeated.
 *
 * @param file - what `pg_dumpall --globals-only` wrote
 * @param directory - the step's own, for the script that is run; it holds password hashes
 * @throws OperationError `ProgramFailed` with what psql says of the first statement that failed, `DrillFailed` when a
 *   role or tablespace that the manifest names is missing afterwards
 */
export async function applyGlobals(
  server: ServerConnection,
  database: string,
  { file, directory }: { file: string; directory: string },
  manifest: Pick<GlobalsManifest, 'roles' | 'tablespaces'>,
  programDirectories: readonly string[],
  context: ProgramContext,
): Promise<void> {
  await withConnection(server, database, context.signal, async (client) => {
    const namesOf = async (sql: string) =>
      new Set((await client.query<{ name: string }>(sql)).rows.map(({ name }) => name));
    const readRoles = () => namesOf('SELECT rolname AS name FROM pg_roles');
    const readTablespaces = () => namesOf('SELECT spcname AS name FROM pg_tablespace');

    const { major } = await readServerFacts(client);
    const psql = await locateClient('psql', major, programDirectories, context.signal);
    const script = join(directory, 'adapted-globals.sql');
    const existing = { roles: await readRoles(), tablespaces: await readTablespaces() };
    await writeFile(script, adaptGlobals(await readFile(file, 'utf8'), existing), { mode: 0o600 });
    // Terse: otherwise it may show the statement, and with it a password's hash.
    const options = ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--set=VERBOSITY=terse'];
    await runProgram(
      {
        file: psql,
        args: [...options, '--no-password', `--file=${script}`],
        environment: libpqEnvironment(server, database),
      },
      context,
    );
    requireAll('role', manifest.roles, await readRoles());
    requireAll(
      'tablespace',
      manifest.tablespaces.map(({ name }) => name),
      await readTablespaces(),
    );
  });
}

function requireAll(kind: string, wanted: readonly string[], made: ReadonlySet<string>): void {
  const missing = wanted.filter((name) => !made.has(name));
  if (missing.length === 0) return;
  throw new OperationError(
    'DrillFailed',
    `The dump of the globals does not make ${kind} "${missing[0]}"${missing.length > 1 ? ` and ${missing.length - 1} more` : ''}, which its manifest names; make a new backup of the globals.`,
  );
}
