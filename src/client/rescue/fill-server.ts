import { chooseBackup } from '../../catalogue/choose-backup.js';
import { OperationError } from '../../model/failures.js';
import type { GlobalsManifest } from '../../model/manifest.js';
import { dropEmptyDatabase } from '../../postgres/empty-database.js';
import type { CreatedRoles } from '../../restores/create-missing-roles.js';
import type { Restoration } from '../../restores/restore-backup.js';
import type { Store } from '../../stores/store.js';
import { describeError, type Fault } from '../report-error.js';
import type { ServerPlan } from './plan-server.js';
import { makeRoles, runRestoration } from './run-restoration.js';
import type { RestoresDisplay } from './show-restores.js';
import type { Rescue } from './with-rescue.js';
import { findMissingSpace, refuseMissingSpace } from './work-space.js';

/** What became of one database. */
export type FilledDatabase =
  | {
      database: string;
      outcome: 'restored';
      backup: string;
      tables: number;
      rows: number;
      bytes: number;
      notes: string[];
    }
  | { database: string; outcome: 'failed'; backup?: string; failure: Fault }
  | { database: string; outcome: 'present' };

/**
 * Makes all roles of the newest globals that a server lacks. Those that it has stay as they are: among them is the one
 * that this is done with, whose password must not change under it.
 *
 * @param missingRoles - those that the databases need
 * @throws OperationError `BackupNotFound` when roles are missing and there are no globals to make them from
 */
export async function fillRoles(
  rescue: Rescue,
  missingRoles: readonly string[],
): Promise<CreatedRoles | undefined> {
  const { stores, server } = rescue.source;
  const globals = await findGlobals(stores, server, rescue.signal).catch((error: unknown) => {
    if (error instanceof OperationError && error.type === 'BackupNotFound' && missingRoles.length === 0)
      return undefined;
    throw error;
  });
  if (!globals) return undefined;
  const roles = [...new Set([...globals.manifest.roles, ...missingRoles])];
  return makeRoles(rescue, globals.store, roles);
}

async function findGlobals(
  stores: readonly Store[],
  server: string,
  signal: AbortSignal,
): Promise<{ store: Store; manifest: GlobalsManifest } | undefined> {
  const subject = { kind: 'globals', server } as const;
  const { store, manifest } = await chooseBackup(stores, subject, 'latest', undefined, signal);
  return manifest.kind === 'globals' ? { store, manifest } : undefined;
}

/** Restores one database after the other. One that fails does not keep the others from being restored. */
export async function fillDatabases(
  rescue: Rescue,
  { restorations, present, damaged }: ServerPlan,
  display: RestoresDisplay,
): Promise<FilledDatabase[]> {
  const { signal } = rescue;
  const filled: FilledDatabase[] = present.map((database) => ({ database, outcome: 'present' }));
  const fail = (database: string, error: unknown, backup?: { backup: string }) => {
    const failure = describeError(error);
    display.say(`${database}: ${failure.message}`);
    filled.push({ database, outcome: 'failed', ...backup, failure });
  };
  for (const { database, error } of damaged) fail(database, error);
  for (const restoration of restorations) {
    const { database, id: backup } = restoration.manifest;
    try {
      filled.push({ database, outcome: 'restored', backup, ...(await fillOne(restoration)) });
    } catch (error) {
      signal.throwIfAborted();
      fail(database, error, { backup });
    }
  }
  return filled;

  async function fillOne(restoration: Restoration) {
    const { manifest, replaces, target } = restoration;
    refuseMissingSpace(rescue, manifest, await findMissingSpace(rescue, manifest));
    const compared = await runRestoration(rescue, restoration, display);
    if (!replaces || (await dropEmptyDatabase(target, replaces.becomes, signal))) return compared;
    const kept = `the ${replaces.database} that was there has been used meanwhile, and is kept as ${replaces.becomes}`;
    return { ...compared, notes: [...compared.notes, kept] };
  }
}
