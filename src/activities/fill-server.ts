import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { resolveAdministered } from '../config/connections.js';
import { resolveServer } from '../config/resolve.js';
import { OperationError } from '../model/failures.js';
import type { CarriedDatabase, RecoveryPlan, RecoveryPoint } from '../model/recovery.js';
import type { RestorePlan } from '../model/restore.js';
import { replacedName, restoredName } from '../model/restore-names.js';
import type { AdministeredServer } from '../postgres/administer.js';
import { GLOBALS_FILE } from '../postgres/dump-globals.js';
import { requireEmptyServer } from '../postgres/empty-server.js';
import { readTargetFacts } from '../postgres/target-facts.js';
import { completeServer as complete, discardServer as discard } from '../recovery/complete-server.js';
import { outlineServer as outline } from '../recovery/outline-server.js';
import { createMissingRoles } from '../restores/create-missing-roles.js';
import { readJson, writeJson } from '../staging/json-file.js';
import { completeStep, stepDirectory } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStagedRecovery, readChain, recoveredCluster } from './staged-recovery.js';
import { takeOut } from './take-out.js';

/** pg_dump may read a catalogue of many thousand tables before it writes its first byte. */
const STALL_SECONDS = 900;
const ROLES_FILE = 'roles.json';

/**
 * Looks at what a recovered server holds, and at the server that is to get it, of which nobody could tell before whether it
 * has the extensions and locales. What an earlier beginning of this run has made there is removed first.
 *
 * @throws OperationError as `requireEmptyServer` and `readTargetFacts`; nothing was made then
 */
export async function outlineServer(
  dependencies: Dependencies,
  plan: RecoveryPlan,
): Promise<CarriedDatabase[]> {
  const { volume, logger } = dependencies;
  const { directory: staged } = locateStagedRecovery(volume, plan);
  return runStep(logger, { stallSeconds: STALL_SECONDS }, (step) =>
    completeStep(staged, 'outline', async ({ directory, ledger }) => {
      const { signal } = step;
      const base = (await readChain(dependencies, plan, signal)).at(-1)!;
      const cluster = await recoveredCluster(dependencies, plan, base, signal);
      const { roles, databases } = await outline(cluster, directory, programDirectories(dependencies), {
        ...step,
        ledger,
      });
      await writeJson(join(directory, ROLES_FILE), roles);

      const target = await serverToFill(dependencies, plan);
      await discard(target, databases.length, signal);
      const there = await requireEmptyServer(target, signal);
      for (const { facts } of databases) {
        const { extensions, roles: mentioned } = facts;
        const needs = { ...facts, id: plan.id, serverVersion: base.serverVersion };
        const inventory = { ...NOTHING, extensions, roles: mentioned };
        const { missingExtensions } = await readTargetFacts(target, { ...needs, inventory }, [], signal);
        refuseMissingExtensions(target, missingExtensions);
      }
      const now = new Date();
      return databases.map(({ database }, ofServer) => ({
        ...{ database, made: database, ofServer },
        // The empty one stays until there is another in its place.
        ...(there.includes(database)
          ? { made: restoredName(database, now), becomes: replacedName(database, now) }
          : {}),
      }));
    }),
  );
}

const NOTHING = {
  tables: [],
  partitionedTables: [],
  excludedTables: [],
  sequences: [],
  largeObjects: { count: 0, bytes: 0, sha256: '' },
};

function refuseMissingExtensions({ server }: AdministeredServer, missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new OperationError(
    'TargetUnfit',
    `Server ${server.name} lacks the extension ${missing.join(', ')} of the recovered one; install it on its host, then start again. Nothing was touched.`,
  );
}

/** The server that gets everything, and the mark of what this run makes there. */
async function serverToFill({ configuration, environment }: Dependencies, { outcome }: RecoveryPlan) {
  if (outcome.kind !== 'server')
    throw new OperationError('Unexpected', 'There is no server to fill; see the plan.');
  const target = await resolveAdministered(resolveServer(configuration, outcome.into), environment.passFile);
  return { ...target, restoreId: Context.current().info.workflowExecution!.runId };
}

/** Makes the roles of the recovered server, as they were at that moment. */
export async function createServerRoles(dependencies: Dependencies, plan: RecoveryPlan): Promise<void> {
  const { directory: staged } = locateStagedRecovery(dependencies.volume, plan);
  await runStep(dependencies.logger, {}, async ({ signal }) => {
    const outlined = stepDirectory(staged, 'outline');
    const roles = (await readJson<string[]>(join(outlined, ROLES_FILE)))!;
    const { server, maintenanceDatabase, restoreId } = await serverToFill(dependencies, plan);
    const globals = join(outlined, GLOBALS_FILE);
    await createMissingRoles(server, maintenanceDatabase, roles, globals, signal, restoreId);
  });
}

/** Takes one of its databases out of a recovered server, and answers with the plan of a restore of it. */
export async function extractOfServer(
  dependencies: Dependencies,
  plan: RecoveryPlan,
  point: RecoveryPoint,
  { database, made, becomes, ofServer }: CarriedDatabase,
): Promise<RestorePlan> {
  const { outcome } = plan;
  if (outcome.kind !== 'server')
    throw new OperationError('Unexpected', 'There is no server to fill; see the plan.');
  return runStep(dependencies.logger, { stallSeconds: STALL_SECONDS }, (step) =>
    takeOut(
      dependencies,
      plan,
      point,
      {
        ...{ database, ofServer, into: { server: outcome.into, database: made } },
        ...(becomes === undefined
          ? { mode: 'beside' as const }
          : { mode: 'swap' as const, replaces: { database, bytes: 0, becomes } }),
      },
      step,
    ),
  );
}

/** Makes the databases and roles that were made for good; answers how many roles there are. */
export async function completeServer(
  dependencies: Dependencies,
  plan: RecoveryPlan,
  databases: readonly CarriedDatabase[],
): Promise<number> {
  return runStep(dependencies.logger, {}, async ({ signal }) =>
    complete(await serverToFill(dependencies, plan), databases, signal),
  );
}

/** Removes what a failed or cancelled recovery has made in the server that it was to fill, and nothing else. */
export async function discardServer(
  dependencies: Dependencies,
  plan: RecoveryPlan,
  databases: readonly CarriedDatabase[],
): Promise<void> {
  await runStep(dependencies.logger, {}, async ({ signal }) =>
    discard(await serverToFill(dependencies, plan), databases.length, signal),
  );
}
