import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../model/failures.js';
import type { DatabaseManifest } from '../model/manifest.js';
import type { RecoveryPlan, RecoveryPoint } from '../model/recovery.js';
import type { RestorePlan } from '../model/restore.js';
import { readTargetFacts } from '../postgres/target-facts.js';
import { extractDatabase } from '../recovery/extract-database.js';
import { locateRecovery } from '../recovery/recovered-cluster.js';
import { outlineBackup } from '../restores/outline-backup.js';
import { readJson, writeJson } from '../staging/json-file.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { restoreTarget } from './restore-target.js';
import { runStep } from './run-step.js';
import { locateStagedRecovery, readChain, recoveredCluster } from './staged-recovery.js';

/** pg_dump may read a catalogue of many thousand tables before it writes its first byte. */
const STALL_SECONDS = 900;

/**
 * Takes the database out of the recovered server, which is then removed, and answers with the plan of a restore of it:
 * with what the target lacks, which nobody could tell before.
 */
export async function extract(
  dependencies: Dependencies,
  plan: RecoveryPlan,
  point: RecoveryPoint,
): Promise<RestorePlan> {
  const { outcome } = plan;
  if (outcome.kind !== 'database')
    throw new OperationError('Unexpected', 'There is no database to take out; see the plan.');
  const { volume, logger } = dependencies;
  const staged = locateStagedRecovery(volume, plan);
  return runStep(logger, { stallSeconds: STALL_SECONDS }, async (step) => {
    await completeStep(staged.directory, 'unpack', async ({ directory, ledger }) => {
      const base = (await readChain(dependencies, plan, step.signal)).at(-1)!;
      const cluster = await recoveredCluster(dependencies, plan, base, step.signal);
      const options = { jobs: plan.jobs, programDirectories: programDirectories(dependencies) };
      const extraction = { base, point, database: outcome.database, id: plan.id };
      const context = { ...step, ledger };
      const manifest = await extractDatabase(cluster, extraction, directory, options, context);
      await writeJson(join(directory, 'manifest.json'), manifest);
      return {};
    });
    await rm(locateRecovery(staged.cluster).dataDirectory, { recursive: true, force: true });
    const manifest = (await readJson<DatabaseManifest>(staged.manifest))!;
    return toRestorePlan(dependencies, plan, outcome, manifest, step.signal);
  });
}

async function toRestorePlan(
  dependencies: Dependencies,
  plan: RecoveryPlan,
  { database, into, mode, replaces }: Extract<RecoveryPlan['outcome'], { kind: 'database' }>,
  manifest: DatabaseManifest,
  signal: AbortSignal,
): Promise<RestorePlan> {
  const target = await restoreTarget(dependencies, { into });
  const facts = await readTargetFacts(target, manifest, [], signal);
  const { id, server, store, approval, jobs, stagingBytes, heartbeatSeconds, beginning } = plan;
  return {
    backup: { ...outlineBackup(manifest, new Date()), server, database, id },
    ...{ store, into, mode, createRoles: false, recovered: true },
    ...(replaces ? { replaces } : {}),
    missing: { roles: facts.missingRoles, extensions: facts.missingExtensions, stagingBytes: 0 },
    ...{ approval, major: facts.major, jobs, stagingBytes, heartbeatSeconds },
    ...(beginning === undefined ? {} : { beginning }),
  };
}
