import { join } from 'node:path';
import type { DatabaseManifest } from '../model/manifest.js';
import type { RecoveryPlan, RecoveryPoint } from '../model/recovery.js';
import type { RestorePlan } from '../model/restore.js';
import { readTargetFacts } from '../postgres/target-facts.js';
import { extractDatabase } from '../recovery/extract-database.js';
import { outlineBackup } from '../restores/outline-backup.js';
import { readJson, writeJson } from '../staging/json-file.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { restoreTarget } from './restore-target.js';
import type { StepContext } from './run-step.js';
import { readChain, recoveredCluster } from './staged-recovery.js';
import { locateRestore } from './staged-restore.js';

/** A database of a recovered server, and what is to be made of it. */
export type TakenOut = { database: string } & Pick<RestorePlan, 'into' | 'mode' | 'replaces' | 'ofServer'>;

/**
 * Takes a database out of the recovered server, once, and answers with the plan of a restore of it: with what the target
 * lacks, which nobody could tell before.
 */
export async function takeOut(
  dependencies: Dependencies,
  plan: RecoveryPlan,
  point: RecoveryPoint,
  { database, ...wanted }: TakenOut,
  step: StepContext,
): Promise<RestorePlan> {
  const { id, server, store, approval, jobs, stagingBytes, heartbeatSeconds, beginning } = plan;
  const again = beginning === undefined ? {} : { beginning };
  const staged = locateRestore(dependencies.volume, {
    ...{ backup: { server, id }, ...again },
    ...(wanted.ofServer === undefined ? {} : { ofServer: wanted.ofServer }),
  });
  await completeStep(staged.directory, staged.step('unpack'), async ({ directory, ledger }) => {
    const base = (await readChain(dependencies, plan, step.signal)).at(-1)!;
    const cluster = await recoveredCluster(dependencies, plan, base, step.signal);
    const options = { jobs, programDirectories: programDirectories(dependencies) };
    const context = { ...step, ledger };
    const manifest = await extractDatabase(
      cluster,
      { base, point, database, id },
      directory,
      options,
      context,
    );
    await writeJson(join(directory, 'manifest.json'), manifest);
    return {};
  });
  const manifest = (await readJson<DatabaseManifest>(staged.manifest))!;
  const target = await restoreTarget(dependencies, wanted);
  const facts = await readTargetFacts(target, manifest, [], step.signal);
  return {
    backup: { ...outlineBackup(manifest, new Date()), server, database, id },
    ...{ store, createRoles: false, recovered: true },
    ...wanted,
    missing: { roles: facts.missingRoles, extensions: facts.missingExtensions, stagingBytes: 0 },
    ...{ approval, major: facts.major, jobs, stagingBytes, heartbeatSeconds, ...again },
  };
}
