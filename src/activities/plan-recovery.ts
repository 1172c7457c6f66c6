import { resolveAdministered } from '../config/connections.js';
import { resolveServer } from '../config/resolve.js';
import type { ServerConfiguration } from '../config/schema.js';
import type { RecoverToPointInTimeArgument } from '../model/arguments.js';
import type { RecoveryPlan, RollForwardPlan } from '../model/recovery.js';
import { requireOutcome, targetOf } from '../model/recovery-argument.js';
import { readDatabaseSizes } from '../postgres/database-sizes.js';
import { requireEmptyServer, requireFitServer } from '../postgres/empty-server.js';
import { locateClient } from '../postgres/locate-client.js';
import { bringUpToDate } from '../recovery/bring-up-to-date.js';
import { requireFreeDirectory } from '../recovery/hand-over.js';
import { findFreeNames, planReplacement } from './choose-target.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { planApproval } from './plan-approval.js';
import { planRollForward } from './plan-roll-forward.js';
import { runStep } from './run-step.js';
import { readChain } from './staged-recovery.js';

/** Whole segments are fetched and read to find where a target lies, and a live server's last one is waited for. */
const STALL_SECONDS = 1800;
/** How long what a live server has written last may take to come into the store, in seconds. */
const ARCHIVE_PATIENCE = 120;

/** Stands for the database in what is called after a whole server. */
const WHOLE_SERVER = 'server';

/**
 * Decides everything about one recovery, and refuses it while nothing has been made yet: a moment outside of what can be
 * recovered to, WAL that is missing, keys that open nothing, a place that is not free.
 */
export async function planRecovery(
  dependencies: Dependencies,
  argument: RecoverToPointInTimeArgument,
): Promise<RecoveryPlan> {
  const { configuration, environment, stores, logger } = dependencies;
  return runStep(logger, { stallSeconds: STALL_SECONDS }, async (step) => {
    requireOutcome(argument);
    const target = targetOf(argument, new Date());
    const server = resolveServer(configuration, argument.server);
    const live = await resolveAdministered(server, environment.passFile);
    const { outcome, approval } = await planOutcome(dependencies, argument, server, step.signal);
    const plan = await planRollForward(
      dependencies,
      {
        server: server.name,
        from: argument.from,
        target,
        name: argument.database ?? WHOLE_SERVER,
        isExtracted: outcome.kind !== 'directory',
        bringUpToDate: async (read, cluster, signal) =>
          // Elsewhere nobody archives what it writes.
          server.wal !== undefined &&
          read === stores[0] &&
          bringUpToDate(live, read, cluster, ARCHIVE_PATIENCE, signal),
      },
      step,
    );
    if (outcome.kind === 'server') await requireFit(dependencies, plan, outcome.into, step.signal);
    return { ...plan, outcome, approval };
  });
}

async function planOutcome(
  dependencies: Dependencies,
  argument: RecoverToPointInTimeArgument,
  server: ServerConfiguration,
  signal: AbortSignal,
): Promise<Pick<RecoveryPlan, 'outcome' | 'approval'>> {
  const { configuration, environment } = dependencies;
  const { database, into, mode = 'beside' } = argument;
  if (database === undefined && into?.server !== undefined) {
    const { name } = resolveServer(configuration, into.server);
    await requireEmptyServer(await administered(dependencies, name), signal);
    return { outcome: { kind: 'server', into: name }, approval: planApproval(configuration, 'handOver') };
  }
  if (database === undefined) {
    const { directory } = into as { directory: string };
    await requireFreeDirectory(directory);
    return { outcome: { kind: 'directory', directory }, approval: planApproval(configuration, 'handOver') };
  }
  const targetServer = resolveServer(configuration, into?.server ?? server.name);
  const target = await resolveAdministered(targetServer, environment.passFile);
  const { names, facts } = await findFreeNames(
    { database, into, mode },
    targetServer.name,
    async (wanted) => ({
      existing: await readDatabaseSizes(target, wanted, signal),
    }),
  );
  const replaces =
    mode === 'swap' ? await planReplacement(target, database, names.becomes, facts, signal) : undefined;
  return {
    outcome: {
      kind: 'database',
      database,
      into: { server: targetServer.name, database: names.made },
      mode,
      ...(replaces ? { replaces } : {}),
    },
    approval: planApproval(configuration, mode),
  };
}

function administered({ configuration, environment }: Dependencies, server: string) {
  return resolveAdministered(resolveServer(configuration, server), environment.passFile);
}

/** What only the base backup tells of the server, and what the programs here can do for the other one. */
async function requireFit(
  dependencies: Dependencies,
  plan: RollForwardPlan,
  into: string,
  signal: AbortSignal,
): Promise<void> {
  const { tablespaces } = (await readChain(dependencies, plan, signal)).at(-1)!;
  const target = await administered(dependencies, into);
  const major = await requireFitServer(target, { major: plan.major, tablespaces }, signal);
  for (const program of ['pg_dump', 'pg_restore'])
    await locateClient(program, major, programDirectories(dependencies), signal);
}
