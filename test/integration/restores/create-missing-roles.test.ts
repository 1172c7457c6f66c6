import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dumpGlobalsWithFacts } from '../../../src/postgres/dump-globals.js';
import type { ServerConnection } from '../../../src/model/server-connection.js';
import { createMissingRoles } from '../../../src/restores/create-missing-roles.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';

const { signal } = new AbortController();
const AWKWARD = `o'neil "; DROP ROLE app; --`;
const PASSWORD = `it's; -- a \\ "password"`;

let source: PostgresServer;
let target: PostgresServer;
let scratch: string;
let globalsFile: string;

const connectionTo = ({ host, port, password }: PostgresServer, user = 'postgres'): ServerConnection => ({
  name: 'target',
  host,
  port,
  user,
  password,
  sslmode: 'disable',
});

beforeAll(async () => {
  [source, target] = await Promise.all([startPostgres({ major: 16 }), startPostgres({ major: 16 })]);
  scratch = await mkdtemp(join(tmpdir(), 'tb-test-'));
  await source.query(
    'postgres',
    `CREATE ROLE app LOGIN CREATEDB CONNECTION LIMIT 7 VALID UNTIL '2035-01-02 03:04:05+00' PASSWORD 'it''s; -- a \\ "password"';
     CREATE ROLE "o'neil ""; DROP ROLE app; --" NOINHERIT BYPASSRLS;
     CREATE ROLE readers;
     CREATE ROLE lost_group;
     CREATE ROLE unwanted SUPERUSER LOGIN PASSWORD 'x';
     CREATE ROLE bystander NOLOGIN;
     GRANT readers TO app WITH ADMIN OPTION;
     GRANT readers TO "o'neil ""; DROP ROLE app; --" WITH INHERIT FALSE GRANTED BY app;
     GRANT lost_group TO app;
     GRANT app TO bystander;
     GRANT pg_read_all_data TO readers;
     ALTER ROLE app SET search_path TO 'a;b', "C""d";
     ALTER ROLE app SET work_mem TO '12MB';
     ALTER ROLE app IN DATABASE postgres SET work_mem TO '99MB';
     COMMENT ON ROLE app IS E'first; line\\n-- it''s the "second"\\n\\\\connect nowhere';`,
  );
  const path = [source.binDirectory, ...(process.env.PATH ?? '').split(delimiter)];
  await dumpGlobalsWithFacts(connectionTo(source), 'postgres', scratch, path, { signal });
  globalsFile = join(scratch, 'globals.sql');
});
afterAll(async () => {
  await Promise.all([source.stop(), target.stop()]);
  await rm(scratch, { recursive: true, force: true });
});

/** The target has one of the roles already, as somebody else. */
beforeEach(async () => {
  const roles = await target.query<{ name: string }>(
    'postgres',
    `SELECT quote_ident(rolname) AS name FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'`,
  );
  for (const { name } of roles) await target.query('postgres', `DROP OWNED BY ${name}; DROP ROLE ${name}`);
  await target.query('postgres', 'CREATE ROLE bystander LOGIN CONNECTION LIMIT 3');
});

const create = (names: string[], user?: string) =>
  createMissingRoles(connectionTo(target, user), 'postgres', names, globalsFile, signal);

/** Everything that the server knows of some roles, memberships without who granted them. */
async function describeRoles(server: PostgresServer, names: string[]) {
  const [roles, memberships] = await Promise.all([
    server.query(
      'postgres',
      `SELECT a.rolname, a.rolsuper, a.rolinherit, a.rolcreaterole, a.rolcreatedb, a.rolcanlogin, a.rolreplication,
              a.rolconnlimit, a.rolpassword, a.rolvaliduntil, a.rolbypassrls, r.rolconfig,
              shobj_description(a.oid, 'pg_authid') AS comment
         FROM pg_authid a JOIN pg_roles r USING (oid) WHERE a.rolname = ANY ($1) ORDER BY 1`,
      [names],
    ),
    server.query(
      'postgres',
      `SELECT roleid::regrole::text AS role, member::regrole::text AS member, admin_option, inherit_option, set_option
         FROM pg_auth_members WHERE roleid::regrole::text = ANY ($1) OR member::regrole::text = ANY ($1) ORDER BY 1, 2`,
      [names],
    ),
  ]);
  return { roles, memberships };
}

const countRoles = async () => (await target.query('postgres', 'SELECT FROM pg_roles')).length;

describe('missing roles', () => {
  it('become what they were: attributes, passwords, settings, comments, memberships', async () => {
    const names = ['app', AWKWARD, 'readers'];
    const before = await countRoles();
    expect(await create(names)).toEqual({
      created: names,
      omittedMemberships: [{ role: 'lost_group', member: 'app' }],
    });
    const made = await describeRoles(target, names);
    const were = await describeRoles(source, names);
    expect(made.roles).toEqual(were.roles);
    expect(made.roles).toHaveLength(3);
    expect(made.memberships).toEqual(were.memberships.filter(({ role }) => role !== 'lost_group'));
    expect(made.memberships).toHaveLength(4);
    expect(await countRoles()).toBe(before + 3);
  });

  it('can log in with their passwords', async () => {
    await create(['app']);
    const app = { ...connectionTo(target, 'app'), password: PASSWORD };
    await expect(createMissingRoles(app, 'postgres', ['app'], globalsFile, signal)).resolves.toMatchObject({
      created: [],
    });
  });

  it('leave those that exist as they are, and no setting of a database behind', async () => {
    const were = await describeRoles(target, ['bystander']);
    expect(await create(['bystander', 'app'])).toMatchObject({ created: ['app'] });
    const are = await describeRoles(target, ['bystander']);
    expect(are.roles).toEqual(were.roles);
    expect(are.memberships).toEqual([expect.objectContaining({ role: 'app', member: 'bystander' })]);
    expect(await target.query('postgres', 'SELECT FROM pg_db_role_setting WHERE setdatabase <> 0')).toEqual(
      [],
    );
  });

  it('are made once', async () => {
    await create(['app', 'readers']);
    const made = await describeRoles(target, ['app', 'readers']);
    expect(await create(['app', 'readers'])).toEqual({ created: [], omittedMemberships: [] });
    expect(await describeRoles(target, ['app', 'readers'])).toEqual(made);
  });

  it('are none at all when one of them is not known', async () => {
    const before = await countRoles();
    await expect(create(['app', 'nobody', 'no one'])).rejects.toMatchObject({
      type: 'TargetUnfit',
      message:
        'Server target lacks the roles nobody, no one, which the backup of the globals does not have; create them by hand.',
    });
    expect(await countRoles()).toBe(before);
  });

  it('are none at all when one of them is refused', async () => {
    await target.query('postgres', `CREATE ROLE creator LOGIN CREATEROLE PASSWORD '${target.password}'`);
    const before = await countRoles();
    await expect(create(['readers', AWKWARD], 'creator')).rejects.toMatchObject({
      type: 'PermissionDenied',
      message: expect.stringMatching(
        /^The user creator may not make the missing roles on server target \(.*\); restore as a superuser, or create them by hand\.$/,
      ) as string,
    });
    expect(await countRoles()).toBe(before);
  });
});

it('a dump of the globals that is cut short is refused', async () => {
  const short = join(scratch, 'short.sql');
  const text = await readFile(globalsFile, 'utf8');
  await writeFile(short, text.slice(0, text.indexOf('SCRAM-SHA-256') + 20));
  const created = createMissingRoles(connectionTo(target), 'postgres', ['readers'], short, signal);
  await expect(created).rejects.toMatchObject({ type: 'ArtifactDamaged' });
});
