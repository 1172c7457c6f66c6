import { readFile } from 'node:fs/promises';
import type { Client, DatabaseError } from 'pg';
import { OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { withConnection } from '../postgres/connection.js';
import { markRoles } from '../postgres/unfinished-roles.js';
import { parseRoleStatements, type RoleStatement } from '../postgres/role-statements.js';

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const INSUFFICIENT_PRIVILEGE = '42501';

/** What was made. */
export interface CreatedRoles {
  created: string[];
  /** Memberships that they had and have not now, because the server lacks the other role. */
  omittedMemberships: { role: string; member: string }[];
}

/**
 * Makes the roles of a list that a server lacks what they were when the globals were dumped: attributes, passwords,
 * settings, comments and memberships. Roles that exist are not touched, and of the dump nothing else is run. All in one
 * transaction, so a second call after a crash begins where the first one began.
 *
 * @param database - the one to connect to
 * @param globalsFile - an unpacked dump of the globals
 * @param restoreId - of a restore that completes them later, or drops them: see `markRoles`
 * @throws OperationError `TargetUnfit` naming the roles that the dump does not know either; `PermissionDenied`
 * @throws OperationError `ArtifactDamaged` when the dump cannot be read as SQL
 */
export async function createMissingRoles(
  server: ServerConnection,
  database: string,
  roleNames: readonly string[],
  globalsFile: string,
  signal: AbortSignal,
  restoreId?: string,
): Promise<CreatedRoles> {
  const statements = await readRoleStatements(globalsFile);
  return withConnection(server, database, signal, async (client) => {
    const { rows } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_roles');
    const existing = new Set(rows.map(({ name }) => name));
    const missing = new Set(roleNames.filter((name) => !existing.has(name)));
    requireKnown(missing, statements, server);
    const exists = (name: string) => existing.has(name) || missing.has(name);
    const isTheirs = (one: RoleStatement) =>
      missing.has(one.role) || (one.kind === 'membership' && missing.has(one.member));
    const isPossible = (one: RoleStatement) =>
      one.kind === 'role' || (exists(one.role) && exists(one.member));

    const theirs = statements.filter(isTheirs);
    await runInOneTransaction(client, server, async () => {
      for (const { sql } of theirs.filter(isPossible)) await client.query(sql);
      if (restoreId !== undefined) await markRoles(client, [...missing], restoreId);
    });
    return {
      created: [...missing],
      omittedMemberships: theirs.flatMap((one) =>
        one.kind === 'membership' && !isPossible(one) ? [{ role: one.role, member: one.member }] : [],
      ),
    };
  });
}

async function readRoleStatements(globalsFile: string): Promise<RoleStatement[]> {
  const bytes = await readFile(globalsFile);
  try {
    return parseRoleStatements(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new OperationError(
      'ArtifactDamaged',
      `The dump of the globals cannot be read as SQL in UTF-8 (${(cause as Error).message}); create the missing roles by hand, or use another backup.`,
      { cause },
    );
  }
}

async function runInOneTransaction(
  client: Client,
  { name, user }: ServerConnection,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await client.query('BEGIN READ WRITE; SET LOCAL standard_conforming_strings = on');
    await work();
    await client.query('COMMIT');
  } catch (cause) {
    if ((cause as DatabaseError).code !== INSUFFICIENT_PRIVILEGE) throw cause;
    throw new OperationError(
      'PermissionDenied',
      `The user ${user} may not make the missing roles on server ${name} (${(cause as DatabaseError).message}); restore as a superuser, or create them by hand.`,
      { cause },
    );
  }
}

function requireKnown(
  missing: ReadonlySet<string>,
  statements: readonly RoleStatement[],
  server: ServerConnection,
): void {
  const known = new Set(statements.flatMap((one) => (one.kind === 'role' && one.creates ? [one.role] : [])));
  const unknown = [...missing].filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new OperationError(
    'TargetUnfit',
    `Server ${server.name} lacks the roles ${unknown.join(', ')}, which the backup of the globals does not have; create them by hand.`,
  );
}
