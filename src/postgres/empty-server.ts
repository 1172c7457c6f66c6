import { OperationError } from '../model/failures.js';
import { administer, type AdministeredServer } from './administer.js';
import { isEmptyDatabase } from './empty-database.js';
import { readServerFacts } from './server-facts.js';

/** What every new server has beside its templates, and clients connect to first. */
const FIRST_DATABASE = 'postgres';
/** The role that initdb makes: `BOOTSTRAP_SUPERUSERID` in PostgreSQL's `catalog/pg_authid.dat`. */
const FIRST_ROLE = 10;
/** How many names a refusal has. */
const NAMES_SHOWN = 10;

/** What a whole server needs of the one that it is carried into. */
export interface WholeServerNeeds {
  major: number;
  tablespaces: readonly { name: string }[];
}

/**
 * Refuses a server that a whole other one cannot be carried into: one that holds something, or is older. Its own are the
 * templates, empty databases that every server has, the role that initdb made and the one that this is done with.
 *
 * @returns the names of the empty databases that are there
 * @throws OperationError `TargetExists`, `TargetUnfit`
 */
export async function requireEmptyServer(target: AdministeredServer, signal: AbortSignal): Promise<string[]> {
  const { name: server } = target.server;
  const { facts, databases, roles } = await administer(target, signal, async (client) => ({
    facts: await readServerFacts(client),
    databases: await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE NOT datistemplate ORDER BY 1',
    ),
    roles: await client.query<{ name: string }>(
      `SELECT rolname AS name FROM pg_roles
        WHERE rolname !~ '^pg_' AND oid <> $1 AND rolname <> current_user ORDER BY 1`,
      [FIRST_ROLE],
    ),
  }));
  if (facts.inRecovery)
    throw new OperationError(
      'TargetUnfit',
      `Server ${server} is a standby, which nothing can be carried into; name a primary.`,
    );
  const names = databases.rows.map(({ name }) => name);
  const used: string[] = [];
  for (const name of names) {
    const mayBeThere = name === FIRST_DATABASE || name === target.maintenanceDatabase;
    if (!mayBeThere || !(await isEmptyDatabase(target, name, signal))) used.push(name);
  }
  refuse(server, 'databases', used);
  refuse(
    server,
    'roles',
    roles.rows.map(({ name }) => name),
  );
  return names;
}

function refuse(server: string, what: string, names: readonly string[]): void {
  if (names.length === 0) return;
  const shown = names.slice(0, NAMES_SHOWN).join(', ') + (names.length > NAMES_SHOWN ? ', …' : '');
  throw new OperationError(
    'TargetExists',
    `Server ${server} is not empty, and a whole server is only carried into one that is: it has the ${what} ${shown}; name a new one, or drop them. Nothing was touched.`,
  );
}

/**
 * Answers with the major version of a server, and refuses one that is older, or lacks the tablespaces: nobody but its operator can make their directories.
 *
 * @throws OperationError `TargetUnfit`
 */
export async function requireFitServer(
  target: AdministeredServer,
  { major, tablespaces }: WholeServerNeeds,
  signal: AbortSignal,
): Promise<number> {
  const { name: server } = target.server;
  const { facts, missing } = await administer(target, signal, async (client) => ({
    facts: await readServerFacts(client),
    missing: await client.query<{ name: string }>(
      'SELECT name FROM unnest($1::text[]) AS name WHERE name NOT IN (SELECT spcname FROM pg_tablespace)',
      [tablespaces.map(({ name }) => name)],
    ),
  }));
  const unfit = (fault: string) => new OperationError('TargetUnfit', `Server ${server} ${fault}.`);
  if (facts.major < major)
    throw unfit(
      `is PostgreSQL ${facts.major}, older than the ${major} that is recovered; name one of version ${major} or later`,
    );
  if (missing.rows.length > 0)
    throw unfit(
      `lacks the tablespace ${missing.rows.map(({ name }) => `"${name}"`).join(' and ')} of the recovered one; create it there with CREATE TABLESPACE`,
    );
  return facts.major;
}
