import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { resolvePrivateKeys } from '../config/private-keys.js';
import { resolveServer } from '../config/resolve.js';
import { climbAmcheck } from '../drills/climb-amcheck.js';
import { climbChecks } from '../drills/climb-checks.js';
import { climbGlobals } from '../drills/climb-globals.js';
import { climbInventory } from '../drills/climb-inventory.js';
import { climbRestore } from '../drills/climb-restore.js';
import type { RungAnswer, RungContext } from '../drills/scratch-step.js';
import type { DrillPlan, DrillRung, PlannedBackup } from '../model/drill.js';
import { OperationError } from '../model/failures.js';
import type { DatabaseManifest, GlobalsManifest, Manifest } from '../model/manifest.js';
import { downloadArtifact } from '../restores/download-artifact.js';
import { unpackArtifact } from '../restores/unpack-artifact.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, requireStore, type Dependencies } from './dependencies.js';
import { requireDatabaseManifest } from './restore-target.js';
import { runStep } from './run-step.js';
import { drilledName, locateDrilled, readDrilledManifest, scratchOf } from './staged-drill.js';

/** While an index is sorted or a constraint checked nothing grows, for as long as that takes. */
const STALL_SECONDS = 2 * 3600;

interface Climb {
  dependencies: Dependencies;
  plan: DrillPlan;
  backup: PlannedBackup;
  manifest: Manifest;
  /** The step's own. */
  directory: string;
  context: RungContext;
}

const passed: RungAnswer = { outcome: 'passed', said: [] };

/** What is done on each rung. */
const rungs: Record<DrillRung, (climb: Climb) => Promise<RungAnswer>> = {
  artifact: async ({ dependencies, plan, backup, manifest, context }) => {
    const { artifact } = locateDrilled(dependencies.volume, plan, backup);
    await downloadArtifact(requireStore(dependencies, plan.store), manifest.artifact, artifact, context);
    return passed;
  },
  unpack: async ({ dependencies, plan, backup, manifest, directory, context }) => {
    const { artifact } = locateDrilled(dependencies.volume, plan, backup);
    const privateKeys = await resolvePrivateKeys(dependencies.configuration);
    const unpacked = join(directory, 'data');
    await mkdir(unpacked);
    const options = {
      ...(privateKeys ? { privateKeys } : {}),
      workDirectory: directory,
      programDirectories: programDirectories(dependencies),
    };
    await unpackArtifact(manifest, artifact, unpacked, options, context);
    return passed;
  },
  globals: async ({ dependencies, plan, backup, manifest, directory, context }) => {
    const { unpacked } = locateDrilled(dependencies.volume, plan, backup);
    const scratch = await scratchOf(dependencies, plan, context.signal);
    return climbGlobals(scratch, requireGlobalsManifest(manifest), { unpacked, directory }, context);
  },
  restore: async ({ dependencies, plan, backup, manifest, context }) => {
    const { unpacked } = locateDrilled(dependencies.volume, plan, backup);
    const scratch = await scratchOf(dependencies, plan, context.signal);
    return climbRestore(scratch, requireDatabaseManifest(manifest), unpacked, context);
  },
  inventory: async ({ dependencies, plan, manifest, directory, context }) => {
    const scratch = await scratchOf(dependencies, plan, context.signal);
    return climbInventory(scratch, requireDatabaseManifest(manifest), join(directory, 'dump'), context);
  },
  amcheck: async ({ dependencies, plan, manifest, context }) => {
    const scratch = await scratchOf(dependencies, plan, context.signal);
    return climbAmcheck(scratch, requireDatabaseManifest(manifest).database, context);
  },
  checks: async ({ dependencies, plan, manifest, context }) => {
    const scratch = await scratchOf(dependencies, plan, context.signal);
    const { database } = requireDatabaseManifest(manifest);
    const { checks } = resolveServer(dependencies.configuration, plan.server);
    return climbChecks(scratch, database, checks[database] ?? [], context);
  },
};

/** Climbs one rung of the ladder with one backup. What the rung needed and no later one does is removed. */
export async function climb(
  dependencies: Dependencies,
  plan: DrillPlan,
  backup: PlannedBackup,
  rung: DrillRung,
): Promise<RungAnswer> {
  const { volume, logger } = dependencies;
  const drilled = locateDrilled(volume, plan, backup);
  return runStep(logger, { stallSeconds: STALL_SECONDS }, async (step) => {
    const manifest = await readDrilledManifest(dependencies, plan, backup, step.signal);
    const answer = await completeStep(
      drilled.directory,
      `${drilledName(backup)}${rung}`,
      ({ directory, ledger }) =>
        rungs[rung]({ dependencies, plan, backup, manifest, directory, context: { ...step, ledger } }),
    );
    if (rung === 'unpack') await rm(drilled.artifact, { force: true });
    if (rung === 'restore') await rm(drilled.unpacked, { recursive: true, force: true });
    return answer;
  });
}

function requireGlobalsManifest(manifest: DatabaseManifest | GlobalsManifest): GlobalsManifest {
  if (manifest.kind === 'globals') return manifest;
  throw new OperationError(
    'ManifestUnreadable',
    `The manifest of ${manifest.id} is of a database; restore it from a copy of the store, or make a new backup.`,
  );
}
