import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComparedDatabase } from '../../restores/compare-restored.js';
import { createRolesOfBackup } from '../../restores/create-roles-of-backup.js';
import type { CreatedRoles } from '../../restores/create-missing-roles.js';
import { restoreBackup, type Restoration, type RestoreMeans } from '../../restores/restore-backup.js';
import type { AdministeredServer } from '../../postgres/administer.js';
import type { Store } from '../../stores/store.js';
import type { RestoresDisplay } from './show-restores.js';

/** Restores one backup and shows it under the database's name. */
export async function runRestoration(
  restoration: Restoration,
  directory: string,
  means: RestoreMeans,
  display: RestoresDisplay,
  signal: AbortSignal,
): Promise<ComparedDatabase> {
  const { manifest } = restoration;
  const name = manifest.database;
  try {
    const compared = await restoreBackup(restoration, join(directory, manifest.id), means, {
      signal,
      onStep: (step, bytesExpected) => display.begin(name, step, bytesExpected),
      onProgress: (bytesDone) => display.advance(name, bytesDone),
    });
    display.end(name, 'restored');
    return compared;
  } catch (error) {
    display.end(name, 'failed');
    throw error;
  }
}

/** Makes the roles that a server lacks from the newest globals; nothing of them stays in `directory`. */
export async function makeRoles(
  source: { store: Store; server: string },
  target: AdministeredServer,
  roles: readonly string[],
  directory: string,
  means: RestoreMeans,
  signal: AbortSignal,
): Promise<CreatedRoles> {
  const workDirectory = await mkdtemp(join(directory, 'globals-'));
  try {
    const context = { signal, onProgress: () => undefined };
    return await createRolesOfBackup(source, target, roles, { ...means, workDirectory }, context);
  } finally {
    await rm(workDirectory, { recursive: true, force: true });
  }
}
