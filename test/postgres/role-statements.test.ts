import { describe, expect, it } from 'vitest';
import { parseRoleStatements } from '../../src/postgres/role-statements.js';

describe('of a dump of the globals', () => {
  it('everything that makes roles is picked, and nothing else', () => {
    const globals = `
SET standard_conforming_strings = on;
CREATE ROLE app;
ALTER ROLE app WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$4096:x;y' VALID UNTIL '2030-01-01';
COMMENT ON ROLE app IS 'it''s; mine';
ALTER ROLE "App ""two""" SET search_path TO 'a', 'b';
ALTER ROLE app IN DATABASE shop SET work_mem TO '1MB';
SECURITY LABEL FOR selinux ON ROLE app IS 'x';
GRANT readers TO app WITH ADMIN OPTION, INHERIT FALSE GRANTED BY postgres;
GRANT readers TO "App ""two""" GRANTED BY "granted by";
GRANT SET ON PARAMETER work_mem TO app;
CREATE TABLESPACE fast OWNER app LOCATION '/fast';
GRANT ALL ON TABLESPACE fast TO app;
COMMENT ON TABLESPACE fast IS 'x';
DROP ROLE app;
ALTER DATABASE app SET x TO 'y';
`;
    expect(parseRoleStatements(globals)).toEqual([
      { kind: 'role', role: 'app', creates: true, sql: 'CREATE ROLE app' },
      {
        kind: 'role',
        role: 'app',
        creates: false,
        sql: "ALTER ROLE app WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$4096:x;y' VALID UNTIL '2030-01-01'",
      },
      { kind: 'role', role: 'app', creates: false, sql: "COMMENT ON ROLE app IS 'it''s; mine'" },
      {
        kind: 'role',
        role: 'App "two"',
        creates: false,
        sql: `ALTER ROLE "App ""two""" SET search_path TO 'a', 'b'`,
      },
      {
        kind: 'membership',
        role: 'readers',
        member: 'app',
        sql: 'GRANT readers TO app WITH ADMIN OPTION, INHERIT FALSE ',
      },
      { kind: 'membership', role: 'readers', member: 'App "two"', sql: 'GRANT readers TO "App ""two""" ' },
    ]);
  });

  it('names that only look like keywords are names', () => {
    const globals = `CREATE ROLE "WITH"; ALTER ROLE "in" SET a TO 'b'; GRANT "granted" TO "by";`;
    expect(parseRoleStatements(globals).map(({ role }) => role)).toEqual(['WITH', 'in', 'granted']);
  });

  it('one in which backslashes escape is refused', () => {
    expect(() => parseRoleStatements('SET standard_conforming_strings = off;')).toThrow(/= off/);
  });
});
