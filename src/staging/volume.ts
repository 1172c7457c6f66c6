import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, readFile, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../files/exists.js';
import { OperationError } from '../model/failures.js';
import { encodeName } from '../model/names.js';
import { readJson, writeJsonDurably } from './json-file.js';
import { lockVolume } from './volume-lock.js';

/** The local volume on which artifacts are made. */
export interface StagingVolume {
  directory: string;
  /** Stays with the volume: a worker restarted on it serves the same queue and finds its artifacts. */
  id: string;
}

/** Differs after every start of the machine, and so after every loss of what was written and not yet on disk. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * Opens a staging volume, naming it the first time, and keeps every other process from doing so as long as this one runs:
 * two of them would serve one queue, and each would promise the same free space and end the children of the other.
 *
 * What backups in flight had made is kept, for them to go on with, unless the machine was restarted since (or the volume
 * moved to another one): files whose bytes may never have reached the disk are not trusted, and those backups begin
 * anew. That saves syncing every step's output.
 *
 * @throws OperationError `InvalidConfiguration` when the directory is not there, cannot be written, or is used by another
 * process
 */
export async function openVolume(directory: string): Promise<StagingVolume> {
  try {
    lockVolume(directory);
    const file = join(directory, 'volume.json');
    const existing = await readJson<{ id: string; bootId?: string }>(file);
    const id = existing?.id ?? randomBytes(5).toString('hex');
    const bootId = (await readFile(BOOT_ID, 'utf8')).trim();
    const contents = ['reservations', 'backups'].map((name) => join(directory, name));
    if (!existing) await requireAbsent(contents);
    if (existing?.bootId !== bootId) {
      for (const path of contents) await rm(path, { recursive: true, force: true });
      await writeJsonDurably(file, { id, bootId });
    }
    for (const path of contents) await mkdir(path, { recursive: true, mode: 0o700 });
    await access(directory, constants.W_OK);
    return { directory, id };
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    throw new OperationError(
      'InvalidConfiguration',
      `The staging directory ${directory} cannot be used (${(cause as NodeJS.ErrnoException).code}); create it, writable by this user, or set staging.directory.`,
      { cause },
    );
  }
}

/** What is deleted when the machine was restarted must be ours: a directory that is no staging volume yet has none of it. */
async function requireAbsent(paths: readonly string[]): Promise<void> {
  for (const path of paths)
    if (await exists(path))
      throw new OperationError(
        'InvalidConfiguration',
        `${path} exists, but its directory is no staging volume of ours; give staging.directory an empty directory.`,
      );
}

/** Where the artifacts of one backup are made. */
export function backupDirectory(volume: StagingVolume, server: string, backupId: string): string {
  return join(volume.directory, 'backups', encodeName(server), backupId);
}

/** Bytes that an ordinary user may still write on the volume, and its size. */
export async function readVolumeSpace(
  volume: StagingVolume,
): Promise<{ freeBytes: number; totalBytes: number }> {
  const { bavail, blocks, bsize } = await statfs(volume.directory);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
