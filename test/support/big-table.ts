import type { PostgresServer } from '../../tools/servers/postgres.js';

/** Makes the table `big` of some 65 bytes a row that no codec makes smaller, so that transfers take their time. */
export async function createBigTable(
  postgres: PostgresServer,
  database: string,
  rows: number,
): Promise<void> {
  await postgres.query(
    database,
    `CREATE TABLE big AS SELECT sha512(n::text::bytea) FROM generate_series(1, ${rows}) n`,
  );
}
