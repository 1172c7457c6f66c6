import { chooseBackup } from '../catalogue/choose-backup.js';
import { resolveConnection } from '../config/connections.js';
import { resolvePrivateKeys } from '../config/private-keys.js';
import { resolveServer } from '../config/resolve.js';
import type { RestoreDatabaseArgument } from '../model/arguments.js';
import { countDumpBytes } from '../model/inventory.js';
import { OperationError } from '../model/failures.js';
import { findTables } from '../model/find-tables.js';
import type { RestorePlan } from '../model/restore.js';
import { replacedName, restoredName } from '../model/restore-names.js';
import type { AdministeredServer } from '../postgres/administer.js';
import { refuseIrreplaceable } from '../postgres/refuse-unswappable.js';
import { readTargetFacts, type TargetFacts } from '../postgres/target-facts.js';
import { checkMeans } from '../restores/check-means.js';
import { readVolumeSpace } from '../staging/volume.js';
import { planApproval } from './plan-approval.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { lastRestoreSeconds } from './last-restore-seconds.js';
import { refuseTemporalState } from './refuse-temporal-state.js';
import { requireDatabaseManifest } from './restore-target.js';
import { runStep, type StepContext } from './run-step.js';

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
    const { store } = chosen;
    const manifest = requireDatabaseManifest(chosen.manifest);
    const tables = argument.tables && findTables(manifest.inventory, argument.tables);
    const target: AdministeredServer = {
      server: await resolveConnection(targetServer, environment.passFile),
      maintenanceDatabase: targetServer.maintenanceDatabase,
    };
    const { names, facts } = await findFreeNames(argument, targetServer.name, (databases) =>
      readTargetFacts(target, manifest, databases, step.signal),
    );
    const mode = argument.mode ?? 'beside';
    const replaces =
      mode === 'swap'
        ? await planReplacement(target, argument.database, names.becomes, facts, step)
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

    const dumpBytes = countDumpBytes(manifest.inventory);
    const stagingBytes = manifest.artifact.bytes + Math.ceil(dumpBytes * 1.05) + STAGING_FLOOR;
    const { freeBytes } = await readVolumeSpace(volume);
    const lastSeconds = await lastRestoreSeconds(temporal, subject);
    return {
      backup: {
        server,
        database: argument.database,
        id: manifest.id,
        snapshotTime: manifest.snapshotTime,
        ageSeconds: Math.round((Date.now() - Date.parse(manifest.snapshotTime)) / 1000),
        bytes: manifest.artifact.bytes,
        dumpBytes,
        tables: manifest.inventory.tables.length,
        rows: manifest.inventory.tables.reduce((sum, { rows }) => sum + rows, 0),
      },
      store: store.name,
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

/** The names of the database that is made and, after a swap, of the one that was there. */
function nameDatabases({ database, into }: RestoreDatabaseArgument, time: Date) {
  return { made: into?.database ?? restoredName(database, time), becomes: replacedName(database, time) };
}

/** Names that no database has: that of this second, or of a later one where another restore was as quick. */
async function findFreeNames(
  argument: RestoreDatabaseArgument,
  server: string,
  readFacts: (databases: string[]) => Promise<TargetFacts>,
) {
  const { database, into, mode } = argument;
  if (mode === 'swap' && into?.database !== undefined)
    throw new OperationError(
      'InvalidArgument',
      'into.database: cannot be given with mode swap, which replaces the database of the backup’s own name; leave it out.',
    );
  for (let time = Date.now(); ; time += 1000) {
    const names = nameDatabases(argument, new Date(time));
    const facts = await readFacts([names.made, names.becomes, database]);
    const isTaken = facts.existing.has(names.made);
    if (isTaken && into?.database !== undefined) throw targetExists(server, names.made);
    if (!isTaken && !facts.existing.has(names.becomes)) return { names, facts };
  }
}

function targetExists(server: string, database: string): OperationError {
  return new OperationError(
    'TargetExists',
    `Server ${server} has a database "${database}" already, and nothing is ever restored into one that exists; name another in into.database, or rename or drop it.`,
  );
}

async function planReplacement(
  target: AdministeredServer,
  database: string,
  becomes: string,
  { existing }: TargetFacts,
  { signal }: StepContext,
): Promise<NonNullable<RestorePlan['replaces']>> {
  const bytes = existing.get(database);
  if (bytes === undefined)
    throw new OperationError(
      'TargetUnfit',
      `Server ${target.server.name} has no database "${database}" to be replaced; restore it with mode beside and into.database "${database}".`,
    );
  await refuseTemporalState(target.server, database, signal);
  await refuseIrreplaceable(target, database, signal);
  return { database, bytes, becomes };
}
