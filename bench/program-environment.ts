import { delimiter } from 'node:path';
import type { PostgresServer } from '../tools/servers/postgres.js';

/** The environment in which PostgreSQL's programs of the server's own version reach it. */
export function programEnvironment(postgres: PostgresServer): Record<string, string> {
  return {
    PATH: `${postgres.binDirectory}${delimiter}${process.env.PATH}`,
    PGHOST: postgres.host,
    PGPORT: String(postgres.port),
    PGUSER: postgres.user,
    PGPASSWORD: postgres.password,
  };
}
