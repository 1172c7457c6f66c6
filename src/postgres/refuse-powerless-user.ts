import { escapeIdentifier, type Client } from 'pg';
import { OperationError } from '../model/failures.js';
import type { DatabaseManifest } from '../model/manifest.js';
import type { ServerFacts } from './server-facts.js';

/** What of a manifest not every user can make. */
export type PowersNeeded = Pick<DatabaseManifest, 'id' | 'owner' | 'inventory'>;

/** From here on a member of a role may be kept from acting as that role. */
const FIRST_WITH_SET_OPTION = 16;

/**
 * Refuses a user who is no superuser and could not make the database of a backup or its extensions. Who owns what in the
 * database is known to the archive alone: that is found out as it is restored.
 *
 * @param client - connected as the user who restores
 * @throws OperationError `PermissionDenied`
 * @see https://www.postgresql.org/docs/current/sql-createextension.html (trusted extensions)
 */
export async function refusePowerlessUser(
  client: Client,
  serverName: string,
  { major }: Pick<ServerFacts, 'major'>,
  { id, owner, inventory }: PowersNeeded,
): Promise<void> {
  const { rows } = await client.query<{
    user: string;
    isSuperuser: boolean;
    makesDatabases: boolean;
    isOwner: boolean;
    untrusted: string[];
  }>(
    `SELECT rolname AS user, rolsuper AS "isSuperuser", rolcreatedb AS "makesDatabases",
            NOT EXISTS (SELECT FROM pg_roles o WHERE o.rolname = $1 AND NOT pg_has_role(r.oid, o.oid, $2)) AS "isOwner",
            array(SELECT v.name::text FROM pg_available_extension_versions v
                    JOIN pg_available_extensions e ON e.name = v.name AND default_version = v.version
                   WHERE v.name = ANY($3) AND superuser AND NOT trusted ORDER BY 1) AS untrusted
       FROM pg_roles r WHERE rolname = current_user`,
    [owner, major < FIRST_WITH_SET_OPTION ? 'MEMBER' : 'SET', inventory.extensions.map(({ name }) => name)],
  );
  const { user, isSuperuser, makesDatabases, isOwner, untrusted } = rows[0]!;
  if (isSuperuser) return;
  const refuse = (fault: string, remedy: string) =>
    new OperationError('PermissionDenied', `The user ${user} of server ${serverName} ${fault}; ${remedy}.`);
  const [quotedUser, quotedOwner] = [user, owner].map(escapeIdentifier);
  if (!makesDatabases)
    throw refuse(
      'may not make databases',
      `run ALTER ROLE ${quotedUser} CREATEDB, or restore as a superuser`,
    );
  if (!isOwner)
    throw refuse(
      `is no member of the role ${owner}, which the database of backup ${id} belongs to`,
      `run GRANT ${quotedOwner} TO ${quotedUser}, or restore as a superuser`,
    );
  if (untrusted.length > 0)
    throw refuse(
      `may not make the extension${untrusted.length > 1 ? 's' : ''} ${untrusted.join(', ')} of backup ${id}`,
      'have a superuser restore it',
    );
}
