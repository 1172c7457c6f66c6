import { expect, it } from 'vitest';
import { adaptGlobals } from '../../src/postgres/adapt-globals.js';

const nothing = { roles: new Set<string>(), tablespaces: new Set<string>() };

it('moves tablespaces into the data directory, whatever they are called and wherever they were', () => {
  const sql = [
    `CREATE TABLESPACE fast OWNER agentic LOCATION '/mnt/fast';`,
    `CREATE TABLESPACE "the ""big"" one; really" OWNER "Team Lead" LOCATION '/mnt/it''s big';`,
    `CREATE TABLESPACE odd OWNER agentic LOCATION  E'/mnt/back\\\\slash';`,
    `ALTER TABLESPACE fast SET (random_page_cost=1.1);`,
    '',
  ].join('\n');
  expect(adaptGlobals(sql, nothing).split('\n')).toEqual([
    `CREATE TABLESPACE fast OWNER agentic LOCATION '';`,
    `CREATE TABLESPACE "the ""big"" one; really" OWNER "Team Lead" LOCATION '';`,
    `CREATE TABLESPACE odd OWNER agentic LOCATION '';`,
    `ALTER TABLESPACE fast SET (random_page_cost=1.1);`,
    '',
  ]);
});

it('refuses what it cannot move', () => {
  const sql = `CREATE TABLESPACE fast LOCATION '/mnt/fast' WITH (random_page_cost=1);\n`;
  expect(() => adaptGlobals(sql, nothing)).toThrow(
    expect.objectContaining({
      type: 'TargetUnfit',
      message: expect.stringMatching(/cannot be moved/) as string,
    }),
  );
});

it('leaves out what is there already', () => {
  const sql = [
    'CREATE ROLE postgres;',
    'ALTER ROLE postgres WITH SUPERUSER INHERIT;',
    'CREATE ROLE "Team ""Lead""";',
    'CREATE ROLE agentic;',
    `CREATE TABLESPACE "fast disk" OWNER postgres LOCATION '/mnt/fast';`,
    '',
  ].join('\n');
  const existing = { roles: new Set(['postgres', 'Team "Lead"']), tablespaces: new Set(['fast disk']) };
  expect(adaptGlobals(sql, existing)).toBe(
    'ALTER ROLE postgres WITH SUPERUSER INHERIT;\nCREATE ROLE agentic;\n',
  );
});

it('lets the scratch server grant what a superuser granted, and nobody else', () => {
  const sql = [
    'ALTER ROLE "Big Boss" WITH SUPERUSER INHERIT CREATEROLE;',
    'ALTER ROLE lead WITH NOSUPERUSER INHERIT;',
    'GRANT reader TO lead WITH ADMIN OPTION, INHERIT TRUE GRANTED BY "Big Boss";',
    'GRANT reader TO agent WITH INHERIT TRUE GRANTED BY lead;',
  ].join('\n');
  expect(adaptGlobals(sql, nothing).split('\n').slice(2)).toEqual([
    'GRANT reader TO lead WITH ADMIN OPTION, INHERIT TRUE;',
    'GRANT reader TO agent WITH INHERIT TRUE GRANTED BY lead;',
  ]);
});
