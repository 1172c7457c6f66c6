import { withSession, type ServerAddress } from './server-session.js';

const template = 'small_template';

/**
 * Makes `count` databases `small_001`, `small_002`, … with two small tables each, by copying the files of a template:
 * that is quicker than copying it through the WAL when there are many.
 *
 * @returns their names
 */
export async function seedManySmallDatabases(address: ServerAddress, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `small_${String(index + 1).padStart(3, '0')}`);
  await withSession(address, 'postgres', async (session) => {
    await session.query(`CREATE DATABASE ${template}`);
    try {
      await fillTemplate(address);
      for (const name of names) {
        await session.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
      }
    } finally {
      await session.query(`DROP DATABASE ${template}`);
    }
  });
  return names;
}

async function fillTemplate(address: ServerAddress): Promise<void> {
  await withSession(address, template, (session) =>
    session.query(`
      CREATE TABLE tenants (id int PRIMARY KEY, name text NOT NULL);
      CREATE TABLE events (
        id bigserial PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, at timestamptz NOT NULL, payload jsonb);
      INSERT INTO tenants SELECT n, 'tenant ' || n FROM generate_series(1, 20) AS n;
      INSERT INTO events (tenant_id, at, payload)
      SELECT 1 + n % 20, timestamptz '2025-01-01 00:00:00+00' + n * interval '1 minute', jsonb_build_object('number', n)
      FROM generate_series(1, 200) AS n;`),
  );
}
