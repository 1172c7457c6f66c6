import { join } from 'node:path';
import type { DecryptOptions } from '../archive/decrypt.js';
import { chooseBackup } from '../catalogue/choose-backup.js';
import type { AdministeredServer } from '../postgres/administer.js';
import { GLOBALS_FILE } from '../postgres/dump-globals.js';
import type { ProgramContext } from '../programs/run-program.js';
import type { Store } from '../stores/store.js';
import { createMissingRoles, type CreatedRoles } from './create-missing-roles.js';
import { downloadArtifact } from './download-artifact.js';
import { unpackArtifact } from './unpack-artifact.js';

/**
 * Makes the roles of a list that a server lacks, as the newest backup of the globals in a store has them, and none else.
 *
 * @param source - the store, and the server whose globals are meant
 * @param options - the globals, with their password hashes, are left in `workDirectory`: whoever made it removes it
 * @throws OperationError as {@link createMissingRoles}; `BackupNotFound` when the store has no globals
 */
export async function createRolesOfBackup(
  source: { store: Store; server: string },
  { server, maintenanceDatabase }: AdministeredServer,
  roleNames: readonly string[],
  options: DecryptOptions,
  context: ProgramContext & { onProgress: (bytes: number) => void },
): Promise<CreatedRoles> {
  const { store } = source;
  const subject = { kind: 'globals', server: source.server } as const;
  const { manifest } = await chooseBackup([store], subject, 'latest', undefined, context.signal);
  const file = join(options.workDirectory, 'artifact');
  await downloadArtifact(store, manifest.artifact, file, context);
  await unpackArtifact(manifest, file, options.workDirectory, options, context);
  const sql = join(options.workDirectory, GLOBALS_FILE);
  return createMissingRoles(server, maintenanceDatabase, roleNames, sql, context.signal);
}
