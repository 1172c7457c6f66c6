import { join } from 'node:path';
import { chooseBackup } from '../catalogue/choose-backup.js';
import { resolvePrivateKeys } from '../config/private-keys.js';
import type { RestorePlan } from '../model/restore.js';
import { GLOBALS_FILE } from '../postgres/dump-globals.js';
import { createMissingRoles, type CreatedRoles } from '../restores/create-missing-roles.js';
import { downloadArtifact } from '../restores/download-artifact.js';
import { unpackArtifact } from '../restores/unpack-artifact.js';
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
      const store = requireStore(dependencies, plan.store);
      const globals = { kind: 'globals', server: plan.backup.server } as const;
      const { manifest } = await chooseBackup([store], globals, 'latest', undefined, step.signal);
      const file = join(directory, 'artifact');
      await downloadArtifact(store, manifest.artifact, file, step);
      const privateKeys = await resolvePrivateKeys(configuration);
      const options = {
        ...(privateKeys ? { privateKeys } : {}),
        workDirectory: directory,
        programDirectories: programDirectories(dependencies),
      };
      await unpackArtifact(manifest, file, directory, options, { ...step, ledger });
      const { server, maintenanceDatabase } = await restoreTarget(dependencies, plan);
      const sql = join(directory, GLOBALS_FILE);
      return createMissingRoles(server, maintenanceDatabase, plan.missing.roles, sql, step.signal);
    }),
  );
}
