import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { execa } from 'execa';
import { expect, it, test } from 'vitest';
import { applyGlobals } from '../../../src/postgres/apply-globals.js';
import { dumpGlobalsWithFacts } from '../../../src/postgres/dump-globals.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { prepareScratch, signal, type ScratchTest } from './scratch-tests.js';

const globals = `
  CREATE ROLE "Team Lead" CREATEROLE NOLOGIN;
  CREATE ROLE "o'brien" LOGIN PASSWORD 'a "secret"; with ''quotes''' CONNECTION LIMIT 3;
  CREATE ROLE agent LOGIN REPLICATION BYPASSRLS;
  GRANT "Team Lead" TO agent WITH ADMIN OPTION;
  GRANT agent TO "o'brien" GRANTED BY postgres;
  GRANT pg_read_all_data TO "o'brien";
  ALTER ROLE agent SET search_path = "$user", "odd schema";`;

const rolesSql = `
  SELECT rolname, rolsuper, rolcreaterole, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, rolpassword,
         (SELECT array_agg(member::regrole::text ORDER BY 1) FROM pg_auth_members WHERE roleid = r.oid) AS members,
         (SELECT setconfig FROM pg_db_role_setting WHERE setrole = r.oid AND setdatabase = 0) AS settings
    FROM pg_authid r WHERE rolname <> 'temponest_scratch' AND rolname <> 'postgres' ORDER BY rolname`;

/** A directory that the server's user may make a tablespace in. */
async function makeTablespaceDirectory(server: PostgresServer, name: string): Promise<string> {
  const directory = join(server.dataDirectory, '..', name);
  await mkdir(directory);
  if (process.getuid?.() === 0) await execa('chown', ['postgres:', directory]);
  return directory;
}

const applyTo = (
  { step, scratch, binDirectory }: ScratchTest,
  file: string,
  manifest: Parameters<typeof applyGlobals>[3],
) =>
  step((server) =>
    applyGlobals(server, 'postgres', { file, directory: scratch }, manifest, [binDirectory], { signal }),
  );

test.each([15, 16, 18])(
  'the globals of PostgreSQL %i come back with their tablespaces inside the scratch server, again and again',
  async (major) => {
    await using source = await startPostgres({ major });
    const live = await makeTablespaceDirectory(source, 'fast disk');
    await source.query('postgres', globals);
    await source.query('postgres', `CREATE TABLESPACE "fast ""disk""" OWNER agent LOCATION '${live}'`);
    await source.query('postgres', `CREATE TABLE placed TABLESPACE "fast ""disk""" AS SELECT 1 AS kept`);
    const before = await readdir(live, { recursive: true });

    const test = await prepareScratch(major);
    const { host, port, user, password } = source;
    const dump = await dumpGlobalsWithFacts(
      { name: 'live', host, port, user, password, sslmode: 'disable' },
      'postgres',
      test.scratch,
      [source.binDirectory],
      { signal },
    );
    const file = join(test.scratch, 'globals.sql');
    await applyTo(test, file, dump);
    await applyTo(test, file, dump);

    expect(await test.query('postgres', rolesSql)).toEqual(await source.query('postgres', rolesSql));
    const tablespaces = `SELECT spcname, spcowner::regrole::text, pg_tablespace_location(oid) AS place
                           FROM pg_tablespace WHERE spcname !~ '^pg_'`;
    expect(await test.query('postgres', tablespaces)).toEqual([
      {
        spcname: 'fast "disk"',
        spcowner: 'agent',
        place: expect.stringMatching(/^pg_tblspc\/\d+$/) as string,
      },
    ]);
    await test.query('postgres', `CREATE TABLE placed TABLESPACE "fast ""disk""" AS SELECT 2 AS other`);
    expect(await readdir(live, { recursive: true })).toEqual(before);
    expect(await source.query('postgres', 'SELECT kept FROM placed')).toEqual([{ kept: 1 }]);
  },
);

it('names the statement that fails without its secrets, and what is missing afterwards', async () => {
  const test = await prepareScratch();
  const file = join(test.scratch, 'globals.sql');
  await writeFile(
    file,
    `CREATE ROLE agent;\nALTER ROLE agent WITH LOGGIN PASSWORD 'SCRAM-SHA-256$4096:secret';\n`,
  );
  const error = await applyTo(test, file, { roles: ['agent'], tablespaces: [] }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({
    type: 'ProgramFailed',
    message: expect.stringMatching(
      /^psql failed with exit code 3: .*unrecognized role option "loggin"/,
    ) as string,
  });
  expect(inspect(error, { depth: 9 })).not.toContain('secret');

  await writeFile(file, 'CREATE ROLE agent;\n');
  const incomplete = applyTo(test, file, { roles: ['agent', 'lead', 'owner'], tablespaces: [] });
  await expect(incomplete).rejects.toMatchObject({
    type: 'DrillFailed',
    message:
      'The dump of the globals does not make role "lead" and 1 more, which its manifest names; make a new backup of the globals.',
  });
});
