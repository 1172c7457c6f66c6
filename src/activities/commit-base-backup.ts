import { Context } from '@temporalio/activity';
import { codecSuffix } from '../archive/tar.js';
import { digestFile } from '../archive/digest-file.js';
import type { BaseFacts } from '../base/take-base-backup.js';
import { commitBaseManifest } from '../catalogue/base-backups.js';
import type { BaseManifest } from '../model/base-manifest.js';
import type { BasePlan } from '../model/base-plan.js';
import { MANIFEST_FORMAT, type Artifact } from '../model/manifest.js';
import { baseArtifactKey } from '../model/physical-keys.js';
import { programDirectories, requireStore, type Dependencies } from './dependencies.js';
import { versionsOf } from './program-versions.js';
import { runStep, type StepContext } from './run-step.js';
import {
  locateBase,
  plannedArtifactKey,
  readStaged,
  requireStaged,
  type StagedFile,
} from './staged-backup.js';

/** Writes the manifest: from here on the base backup exists. */
export async function commitBaseBackup(
  dependencies: Dependencies,
  plan: BasePlan,
  artifact: StagedFile,
  secondsPerStep: Record<string, number>,
): Promise<{ manifestKey: string; artifactKey: string }> {
  return runStep(dependencies.logger, {}, async (step) => {
    const { workflowId, runId } = Context.current().info.workflowExecution!;
    const { codec, ...facts } = await readStaged<BaseFacts>(locateBase(dependencies.volume, plan).facts);
    const { encryption } = plan;
    const artifactKey = plannedArtifactKey(plan);
    const manifest: BaseManifest = {
      ...facts,
      format: MANIFEST_FORMAT,
      artifact: {
        key: artifactKey,
        ...artifact,
        codec,
        encryption:
          encryption.method === 'gpg'
            ? { method: 'gpg', keyFingerprints: encryption.recipients }
            : { method: 'none' },
      },
      ...(plan.keepsBackupManifest
        ? { backupManifest: await storeBackupManifest(dependencies, plan, step) }
        : {}),
      tools: await versionsOf(
        { ...plan, client: 'pg_basebackup' },
        programDirectories(dependencies),
        step.signal,
      ),
      secondsPerStep,
      workflowId,
      runId,
    };
    const store = requireStore(dependencies, plan.primaryStore);
    return { manifestKey: await commitBaseManifest(store, manifest, step.signal), artifactKey };
  });
}

/** Stores what a later base backup needs, to hold only the changes since this one. */
async function storeBackupManifest(
  dependencies: Dependencies,
  plan: BasePlan,
  step: StepContext,
): Promise<Artifact> {
  const { method } = plan.compression;
  const path = locateBase(dependencies.volume, plan).backupManifest;
  await requireStaged(path);
  const file = await digestFile(path, step.signal, step.onAlive);
  const key = baseArtifactKey(plan.subject, plan.id, `.backup_manifest${codecSuffix[method]}`);
  await requireStore(dependencies, plan.primaryStore).putFile(key, { path, ...file }, step);
  return { key, ...file, codec: method, encryption: { method: 'none' } };
}
