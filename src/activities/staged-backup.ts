import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codecSuffix } from '../archive/tar.js';
import { plannedBaseKey, type BasePlan } from '../model/base-plan.js';
import { OperationError, remedyFor } from '../model/failures.js';
import { artifactKey, manifestKey } from '../model/keys.js';
import type { DatabaseManifest, GlobalsManifest } from '../model/manifest.js';
import { baseManifestKey } from '../model/physical-keys.js';
import type { BackupPlan } from '../model/plan.js';
import { readJson } from '../staging/json-file.js';
import { stepDirectory } from '../staging/step.js';
import { backupDirectory, type StagingVolume } from '../staging/volume.js';

/** The part of a manifest that is known when the dump is made. */
export type DumpFacts =
  | Omit<DatabaseManifest, 'artifact' | 'tools' | 'secondsPerStep' | 'workflowId' | 'runId' | 'format'>
  | Omit<GlobalsManifest, 'artifact' | 'tools' | 'secondsPerStep' | 'workflowId' | 'runId' | 'format'>;

/** A file that a step made in staging, as it was when it was finished. */
export interface StagedFile {
  bytes: number;
  /** SHA-256, lower-case hex. */
  sha256: string;
}

/** What the steps that send an artifact, and clean up after it, need to know: the same of a dump as of a base backup. */
export type AnyPlan = BackupPlan | BasePlan;

const isBase = (plan: AnyPlan): plan is BasePlan => plan.subject.kind === 'base';

/**
 * What a backup is called on its staging volume. A database called `globals` and the server's globals have the same ids.
 */
export function stagedName({ subject, id }: AnyPlan): string {
  return subject.kind === 'database' ? id : `${id}.${subject.kind}`;
}

/** Where everything of one base backup lies on its staging volume. */
export function locateBase(volume: StagingVolume, plan: BasePlan) {
  const directory = backupDirectory(volume, plan.subject.server, stagedName(plan));
  const made = stepDirectory(directory, 'base-backup');
  return {
    directory,
    artifact: join(made, 'artifact'),
    backupManifest: join(made, 'backup-manifest'),
    facts: join(made, 'facts.json'),
  };
}

/** Where everything of one backup lies on its staging volume. */
export function locateStaged(volume: StagingVolume, plan: BackupPlan) {
  const directory = backupDirectory(volume, plan.subject.server, stagedName(plan));
  return {
    directory,
    dumpData: join(stepDirectory(directory, 'dump'), 'data'),
    facts: join(stepDirectory(directory, 'dump'), 'facts.json'),
    files: join(stepDirectory(directory, 'dump'), 'files.json'),
    compressed: join(stepDirectory(directory, 'compress'), 'artifact'),
    encrypted: join(stepDirectory(directory, 'encrypt'), 'artifact'),
  };
}

/** What was applied to the dump, outermost last: `.dump.tar.zst.gpg`. */
function artifactSuffix(plan: BackupPlan): string {
  const inner = plan.subject.kind === 'database' ? '.dump.tar' : '.sql';
  return `${inner}${codecSuffix[plan.compression.method]}${plan.encryption.method === 'gpg' ? '.gpg' : ''}`;
}

/** The key that a backup's artifact is stored under. */
export function plannedArtifactKey(plan: AnyPlan): string {
  return isBase(plan) ? plannedBaseKey(plan) : artifactKey(plan.subject, plan.id, artifactSuffix(plan));
}

/** The key of the manifest with which it will exist. */
export function plannedManifestKey(plan: AnyPlan): string {
  return isBase(plan) ? baseManifestKey(plan.subject, plan.id) : manifestKey(plan.subject, plan.id);
}

/** Removes what was only made to be encrypted. */
export async function discardReadable(volume: StagingVolume, plan: AnyPlan): Promise<void> {
  if (isBase(plan) || plan.encryption.method === 'none') return;
  await rm(locateStaged(volume, plan).compressed, { force: true });
}

/** The file that is uploaded: what the last local step made. */
export function artifactPath(volume: StagingVolume, plan: AnyPlan): string {
  if (isBase(plan)) return locateBase(volume, plan).artifact;
  const staged = locateStaged(volume, plan);
  return plan.encryption.method === 'gpg' ? staged.encrypted : staged.compressed;
}

const lost = (path: string) =>
  new OperationError('StagingLost', `${path} is gone from staging; ${remedyFor('StagingLost')}.`);

/**
 * Makes sure that an earlier step's output is there.
 *
 * @throws OperationError `StagingLost` when it is not: the volume was emptied or is another one
 */
export async function requireStaged(path: string): Promise<void> {
  await access(path).catch(() => {
    throw lost(path);
  });
}

/**
 * What an earlier step wrote down in staging.
 *
 * @throws OperationError `StagingLost` as {@link requireStaged}
 */
export async function readStaged<T>(file: string): Promise<T> {
  const value = await readJson<T>(file);
  if (value !== undefined) return value;
  throw lost(file);
}
