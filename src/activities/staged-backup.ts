import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { codecSuffix } from '../archive/tar.js';
import { OperationError } from '../model/failures.js';
import { artifactKey } from '../model/keys.js';
import type { DatabaseManifest, GlobalsManifest } from '../model/manifest.js';
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

/**
 * What a backup is called on its staging volume. A database called `globals` and the server's globals have the same ids.
 */
export function stagedName({ subject, id }: BackupPlan): string {
  return subject.kind === 'globals' ? `${id}.globals` : id;
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
export function plannedArtifactKey(plan: BackupPlan): string {
  return artifactKey(plan.subject, plan.id, artifactSuffix(plan));
}

/** The file that is uploaded: what the last local step made. */
export function artifactPath(volume: StagingVolume, plan: BackupPlan): string {
  const staged = locateStaged(volume, plan);
  return plan.encryption.method === 'gpg' ? staged.encrypted : staged.compressed;
}

const lost = (path: string) =>
  new OperationError('StagingLost', `${path} is gone from staging; start the backup again.`);

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
