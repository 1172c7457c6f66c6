import { resolvePrivateKeys } from '../config/private-keys.js';
import type { RestorePlan } from '../model/restore.js';
import type { CreatedRoles } from '../restores/create-missing-roles.js';
import { createRolesOfBackup } from '../restores/create-roles-of-backup.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, requireStore, type Dependencies } from './dependencies.js';
import { restoreTarget } from './restore-target.js';
import { runStep } from './run-step.js';
import { locateRestore } from './staged-restore.js';

/** Makes the roles that the target lacks, as the newest backup of the globals has them, and none else. */
export async function createRoles(dependencies: Dependencies, plan: RestorePlan): Promise<CreatedRoles> {
  const { volume, logger, configuration } = dependencies;
  return runStep(logger, {}, (step) =>
    completeStep(locateRestore(volume, plan).directory, 'roles', async ({ directory, ledger }) => {
      const privateKeys = await resolvePrivateKeys(configuration);
      return createRolesOfBackup(
        { store: requireStore(dependencies, plan.store), server: plan.backup.server },
        await restoreTarget(dependencies, plan),
        plan.missing.roles,
        {
          ...(privateKeys ? { privateKeys } : {}),
          workDirectory: directory,
          programDirectories: programDirectories(dependencies),
        },
        { ...step, ledger },
      );
    }),
  );
}
