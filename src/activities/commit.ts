import { Context } from '@temporalio/activity';
import { commitManifest } from '../catalogue/commit-manifest.js';
import { manifestKey } from '../model/keys.js';
import { MANIFEST_FORMAT, type Artifact, type Manifest } from '../model/manifest.js';
import type { BackupPlan } from '../model/plan.js';
import { programVersions } from './program-versions.js';
import { programDirectories, requireStore, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import {
  locateStaged,
  plannedArtifactKey,
  readStaged,
  type DumpFacts,
  type StagedFile,
} from './staged-backup.js';

/** Writes the manifest: from here on the backup exists. */
export async function commit(
  dependencies: Dependencies,
  plan: BackupPlan,
  artifact: StagedFile,
  secondsPerStep: Record<string, number>,
): Promise<{ manifestKey: string; artifactKey: string }> {
  return runStep(dependencies.logger, {}, async ({ signal }) => {
    const { workflowId, runId } = Context.current().info.workflowExecution!;
    const facts = await readStaged<DumpFacts>(locateStaged(dependencies.volume, plan).facts);
    const artifactKey = plannedArtifactKey(plan);
    const encryption: Artifact['encryption'] =
      plan.encryption.method === 'gpg'
        ? { method: 'gpg', keyFingerprints: plan.encryption.recipients }
        : { method: 'none' };
    const manifest: Manifest = {
      ...facts,
      format: MANIFEST_FORMAT,
      artifact: {
        key: artifactKey,
        bytes: artifact.bytes,
        sha256: artifact.sha256,
        codec: plan.compression.method,
        encryption,
      },
      tools: await programVersions(plan, programDirectories(dependencies), signal),
      secondsPerStep,
      workflowId,
      runId,
    };
    await commitManifest(requireStore(dependencies, plan.primaryStore), manifest, signal);
    return { manifestKey: manifestKey(plan.subject, plan.id), artifactKey };
  });
}
