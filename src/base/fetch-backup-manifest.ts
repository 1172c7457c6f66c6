import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { compressorCommand } from '../archive/tar.js';
import { readBaseManifest } from '../catalogue/base-backups.js';
import type { BasePlan } from '../model/base-plan.js';
import { OperationError } from '../model/failures.js';
import { runProgram } from '../programs/run-program.js';
import type { Store } from '../stores/store.js';

/**
 * Brings the `backup_manifest` of an earlier base backup back, for one that holds only the changes since.
 *
 * @returns the path of the file; undefined when it is no longer there
 */
export async function fetchBackupManifest(
  id: string,
  { subject }: BasePlan,
  {
    store,
    directory,
    programDirectories,
  }: { store: Store; directory: string; programDirectories: readonly string[] },
  signal: AbortSignal,
): Promise<string | undefined> {
  const { backupManifest } = await readBaseManifest(store, subject, id, signal).catch(ifGone);
  if (backupManifest === undefined) return undefined;
  const { key, codec } = backupManifest;
  const compressed = join(directory, 'parent-manifest.compressed');
  const outputFile = join(directory, 'parent-manifest');
  const content = await store.openRead(key, signal).catch((error: unknown) => {
    if (error instanceof OperationError && error.type === 'StoreNotFound') return undefined;
    throw error;
  });
  if (content === undefined) return undefined;
  await pipeline(content, createWriteStream(compressed), { signal });
  const [file] = await compressorCommand({ method: codec, level: 1 }, programDirectories);
  await runProgram(
    { file: file!, args: ['--decompress', '--stdout', '--', compressed], outputFile },
    { signal },
  );
  return outputFile;
}

function ifGone(error: unknown): { backupManifest?: undefined } {
  if (error instanceof OperationError && error.type === 'BackupNotFound') return {};
  throw error;
}
