import type { DatabaseManifest } from '../model/manifest.js';
import { createDatabase } from '../postgres/create-database.js';
import { settingsOf } from '../postgres/database-settings.js';
import { applyPrivileges } from '../postgres/database-privileges.js';
import { restoreArchive, type RestoreOptions } from '../postgres/pg-restore.js';
import type { RestoreTarget } from '../postgres/restore-target.js';
import type { ProgramContext } from '../programs/run-program.js';

/**
 * Makes a database and fills it from an unpacked dump. What an earlier attempt of the same restore left is dropped
 * first; the database carries the restore's mark until it was compared.
 *
 * @param archive - the directory that pg_dump made
 * @throws OperationError `TargetExists`, `TargetUnfit`, or as {@link restoreArchive}
 */
export async function restoreBeside(
  target: RestoreTarget,
  manifest: DatabaseManifest,
  archive: string,
  options: RestoreOptions,
  context: ProgramContext & { onProgress: (bytes: number) => void },
): Promise<void> {
  const settings = await settingsOf(manifest, archive);
  await createDatabase(target, { ...manifest, settings }, context.signal);
  await restoreArchive(target, archive, options, context);
  await applyPrivileges(target, manifest, context.signal);
}
