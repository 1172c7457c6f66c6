import { join } from 'node:path';
import { holdRestore } from '../../postgres/hold-restore.js';
import type { ComparedDatabase } from '../../restores/compare-restored.js';
import { createRolesOfBackup } from '../../restores/create-roles-of-backup.js';
import type { CreatedRoles } from '../../restores/create-missing-roles.js';
import { restoreBackup, type Restoration } from '../../restores/restore-backup.js';
import type { Store } from '../../stores/store.js';
import type { RestoresDisplay } from './show-restores.js';
import type { Rescue } from './with-rescue.js';

/** Restores one backup and shows it under the database's name. */
export async function runRestoration(
  { directory, means, signal }: Rescue,
  restoration: Restoration,
  display: RestoresDisplay,
): Promise<ComparedDatabase> {
  const { manifest, target } = restoration;
  const name = manifest.database;
  try {
    const compared = await holdRestore(target, signal, () =>
      restoreBackup(restoration, join(directory, manifest.id), means, {
        signal,
        onStep: (step, bytesExpected) => display.begin(name, step, bytesExpected),
        onProgress: (bytesDone) => display.advance(name, bytesDone),
      }),
    );
    display.end(name, 'restored');
    return compared;
  } catch (error) {
    display.end(name, 'failed');
    throw error;
  }
}

/** Makes the roles that a server lacks from the newest globals in a store. */
export async function makeRoles(
  { source, target, means, scratch: workDirectory, signal }: Rescue,
  store: Store,
  roles: readonly string[],
): Promise<CreatedRoles> {
  return createRolesOfBackup(
    { store, server: source.server },
    target,
    roles,
    { ...means, workDirectory },
    { signal, onProgress: () => undefined },
  );
}
