import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../files/has-code.js';
import { syncDirectory } from '../files/sync-directory.js';

/**
 * Writes JSON so that the file holds either the old content or the new, whenever this process is killed. A machine that
 * loses its power may lose it: what is in staging counts only until then (see {@link openVolume}).
 */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.partial`;
  await writeFile(temporary, JSON.stringify(value), { mode: 0o600 });
  await rename(temporary, path);
}

/** Like {@link writeJson}, and on disk when it resolves. */
export async function writeJsonDurably(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.partial`;
  await writeFile(temporary, JSON.stringify(value), { mode: 0o600, flush: true });
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Reads what {@link writeJson} wrote; undefined when there is no such file. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
