import { escapeIdentifier } from 'pg';
import { agentic } from './agentic.js';
import { approvals } from './approvals.js';
import { langfuse } from './langfuse.js';
import { saasConsole } from './saas-console.js';
import type { SeededDatabase } from './seeded-database.js';
import { withSession, type ServerAddress } from './server-session.js';
import { temporalVisibility } from './temporal-visibility.js';
import { temporal } from './temporal.js';

/** TempoNest's databases, the biggest first. */
export const temponestDatabases: readonly SeededDatabase[] = [
  langfuse,
  temporal,
  agentic,
  approvals,
  temporalVisibility,
  saasConsole,
];

/** The owners, and `readonly`, which may read everything. They have no passwords, so nobody can log in as one. */
const roles = [...new Set(temponestDatabases.map(({ owner }) => owner)), 'readonly'];

/** Makes the roles, as far as they are missing. */
export async function createRoles(address: ServerAddress): Promise<void> {
  const create = roles.map(
    (role) => `IF to_regrole('${role}') IS NULL THEN CREATE ROLE ${role} LOGIN; END IF;`,
  );
  await withSession(address, 'postgres', (session) =>
    session.query(`DO $$ BEGIN ${create.join('\n')} END $$`),
  );
}

/**
 * Makes the databases, each a copy of `template`, and grants `readonly` what its owner will make in it.
 *
 * @throws DatabaseError `duplicate_database` when the server has one of them already
 */
export async function createDatabases(address: ServerAddress, template: string): Promise<void> {
  await withSession(address, 'postgres', async (session) => {
    for (const { name, owner } of temponestDatabases) {
      await session.query(`CREATE DATABASE ${name} OWNER ${owner} TEMPLATE ${escapeIdentifier(template)}`);
      await session.query(`GRANT CONNECT ON DATABASE ${name} TO readonly`);
    }
  });
  for (const { name, owner } of temponestDatabases) {
    await withSession(address, name, (session) =>
      session.query(`
        GRANT USAGE ON SCHEMA public TO readonly;
        ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT SELECT ON TABLES TO readonly;`),
    );
  }
}
