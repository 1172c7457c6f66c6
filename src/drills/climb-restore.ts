import { escapeIdentifier } from 'pg';
import type { DatabaseManifest } from '../model/manifest.js';
import type { ServerConnection } from '../model/server-connection.js';
import { administer } from '../postgres/administer.js';
import { createDatabase } from '../postgres/create-database.js';
import { settingsOf } from '../postgres/database-settings.js';
import { applyPrivileges } from '../postgres/database-privileges.js';
import { dropUnfinished } from '../postgres/drop-database.js';
import { restoreArchive } from '../postgres/pg-restore.js';
import type { RestoreTarget } from '../postgres/restore-target.js';
import {
  MAINTENANCE_DATABASE,
  onScratchServer,
  type RungAnswer,
  type RungContext,
  type Scratch,
} from './scratch-step.js';

/** The database that initdb makes, and pg_dump knows. */
const DEFAULT_DATABASE = 'postgres';

/** A drill never declares what it restores complete, so all of it carries the mark by which it may be dropped. */
function targetOf(server: ServerConnection, { id, database }: DatabaseManifest): RestoreTarget {
  return { server, maintenanceDatabase: MAINTENANCE_DATABASE, database, restoreId: `drill of ${id}` };
}

/**
 * The rung `restore`: restores a backup's dump into a database of its own name.
 *
 * A role that the globals did not make is made here, as one that may do nothing: a lost role is for the globals to
 * answer for, and says nothing of the database.
 *
 * @param archive - the directory of the unpacked dump
 */
export async function climbRestore(
  scratch: Scratch,
  manifest: DatabaseManifest,
  archive: string,
  context: RungContext,
): Promise<RungAnswer> {
  return onScratchServer(scratch, context, async (server, inner) => {
    const target = targetOf(server, manifest);
    const said = await makeMissingRoles(target, manifest, inner.signal);
    const settings = await settingsOf(manifest, archive);
    await createDatabase(target, { ...manifest, settings }, inner.signal);
    await restoreArchive(target, archive, scratch, inner);
    await applyPrivileges(target, manifest, inner.signal);
    return { outcome: 'passed', said };
  });
}

async function makeMissingRoles(
  target: RestoreTarget,
  { owner, inventory, database }: DatabaseManifest,
  signal: AbortSignal,
): Promise<string[]> {
  return administer(target, signal, async (client) => {
    if (database === DEFAULT_DATABASE) await client.query(`DROP DATABASE IF EXISTS ${DEFAULT_DATABASE}`);
    const { rows } = await client.query<{ name: string }>(
      'SELECT DISTINCT name FROM unnest($1::text[]) AS name WHERE name NOT IN (SELECT rolname FROM pg_roles)',
      [[owner, ...inventory.roles]],
    );
    for (const { name } of rows) await client.query(`CREATE ROLE ${escapeIdentifier(name)}`);
    return rows.map(({ name }) => `The role "${name}" is not in the globals; it was made for the drill.`);
  });
}

/** Drops what a drill has restored of a backup and frees its space. Success when there is none. */
export async function dropDrilled(
  scratch: Scratch,
  manifest: DatabaseManifest,
  context: RungContext,
): Promise<void> {
  await onScratchServer(scratch, context, (server, { signal }) =>
    dropUnfinished(targetOf(server, manifest), signal),
  );
}
