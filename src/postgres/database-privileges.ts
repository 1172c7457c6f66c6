import { escapeIdentifier, type Client } from 'pg';
import type { DatabaseManifest } from '../model/manifest.js';
import { administer, inTransaction } from './administer.js';
import type { RestoreTarget } from './restore-target.js';

/**
 * Gives a newly made database the privileges and the connection limit of the one that was backed up. Not when it is made:
 * the limit would count pg_restore's own connections.
 *
 * @throws OperationError `TargetUnfit` when a role is not there
 */
export async function applyPrivileges(
  target: RestoreTarget,
  { owner, privileges, connectionLimit }: Pick<DatabaseManifest, 'owner' | 'privileges' | 'connectionLimit'>,
  signal: AbortSignal,
): Promise<void> {
  const database = escapeIdentifier(target.database);
  await administer(target, signal, (client) =>
    inTransaction(client, async () => {
      await client.query(`ALTER DATABASE ${database} CONNECTION LIMIT ${connectionLimit}`);
      // None means the default, which a new database has.
      if (privileges) await grantAll(client, database, owner, privileges);
    }),
  );
}

/** Makes a database's ACL exactly `privileges`: a grant is kept with its grantor, so the grantor makes it again. */
async function grantAll(
  client: Client,
  database: string,
  owner: string,
  privileges: readonly string[],
): Promise<void> {
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC, ${escapeIdentifier(owner)}`);
  // aclexplode() refuses an empty array.
  if (privileges.length === 0) return;
  // The server quotes the roles. The order of the items is that in which they were granted.
  const { rows } = await client.query<{
    grantor: string;
    grantee: string;
    privilege: string;
    grantable: boolean;
  }>(
    `SELECT grantor::regrole::text AS grantor,
            CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS grantee,
            privilege_type AS privilege, is_grantable AS grantable
       FROM aclexplode($1::aclitem[]) WITH ORDINALITY ORDER BY ordinality`,
    [privileges],
  );
  for (const { grantor, grantee, privilege, grantable } of rows) {
    await client.query(
      `SET LOCAL ROLE ${grantor};
       GRANT ${privilege} ON DATABASE ${database} TO ${grantee} ${grantable ? 'WITH GRANT OPTION' : ''};
       RESET ROLE`,
    );
  }
}
