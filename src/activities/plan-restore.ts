import { chooseBackup } from '../catalogue/choose-backup.js';
import { resolveAdministered } from '../config/connections.js';
import { resolvePrivateKeys } from '../config/private-keys.js';
import { resolveServer } from '../config/resolve.js';
import type { RestoreDatabaseArgument } from '../model/arguments.js';
import { findTables } from '../model/find-tables.js';
import type { RestorePlan } from '../model/restore.js';
import { readTargetFacts } from '../postgres/target-facts.js';
import { checkMeans } from '../restores/check-means.js';
import { outlineBackup } from '../restores/outline-backup.js';
import { readVolumeSpace } from '../staging/volume.js';
import { findFreeNames, planReplacement } from './choose-target.js';
import { planApproval } from './plan-approval.js';
import { planReading, programDirectories, type Dependencies } from './dependencies.js';
import { lastRestoreSeconds } from './last-restore-seconds.js';
import { requireDatabaseManifest } from './restore-target.js';
import { runStep } from './run-step.js';

/** Room for tables of contents and the like, in bytes. */
const STAGING_FLOOR = 16 * 1024 * 1024;

/**
 * Decides everything about one restore, and refuses it while nothing has been made yet: a backup that no store has, a
 * name that is taken, a server that is too old, keys that open nothing, a database that must not be replaced.
 */
export async function planRestore(
  dependencies: Dependencies,
  argument: RestoreDatabaseArgument,
): Promise<RestorePlan> {
  const { configuration, environment, stores, volume, temporal, logger } = dependencies;
  return runStep(logger, {}, async (step) => {
    const { name: server } = resolveServer(configuration, argument.server);
    const targetServer = resolveServer(configuration, argument.into?.server ?? server);
    const subject = { kind: 'database', server, database: argument.database } as const;
    const chosen = await chooseBackup(
      stores,
      subject,
      argument.backup ?? 'latest',
      argument.from,
      step.signal,
    );
    const manifest = requireDatabaseManifest(chosen.manifest);
    const tables = argument.tables && findTables(manifest.inventory, argument.tables);
    const target = await resolveAdministered(targetServer, environment.passFile);
    const { names, facts } = await findFreeNames(argument, targetServer.name, (databases) =>
      readTargetFacts(target, manifest, databases, step.signal),
    );
    const mode = argument.mode ?? 'beside';
    const replaces =
      mode === 'swap'
        ? await planReplacement(target, argument.database, names.becomes, facts, step.signal)
        : undefined;
    const privateKeys = await resolvePrivateKeys(configuration);
    await checkMeans(
      manifest,
      facts.major,
      {
        ...(privateKeys ? { privateKeys } : {}),
        workDirectory: volume.directory,
        programDirectories: programDirectories(dependencies),
      },
      'set restore.privateKeysFile in backups.yaml of the restore workers',
      step,
    );

    const backup = outlineBackup(manifest, new Date());
    const stagingBytes = backup.bytes + Math.ceil(backup.dumpBytes * 1.05) + STAGING_FLOOR;
    const { freeBytes } = await readVolumeSpace(volume);
    const lastSeconds = await lastRestoreSeconds(temporal, subject);
    return {
      backup,
      ...planReading(dependencies, chosen, argument.from),
      into: { server: targetServer.name, database: names.made },
      mode,
      ...(tables ? { tables } : {}),
      createRoles: argument.createRoles ?? false,
      ...(replaces ? { replaces } : {}),
      missing: {
        roles: facts.missingRoles,
        extensions: facts.missingExtensions,
        stagingBytes: Math.max(0, stagingBytes - freeBytes),
      },
      ...(lastSeconds === undefined ? {} : { lastSeconds }),
      approval: planApproval(configuration, mode),
      major: facts.major,
      jobs: configuration.restore.jobs,
      stagingBytes,
      heartbeatSeconds: configuration.worker.heartbeatTimeout,
    };
  });
}
