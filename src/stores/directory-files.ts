import { link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasCode } from '../files/has-code.js';
import { syncDirectory } from '../files/sync-directory.js';

/** What the file system knows of `path`, or undefined when there is no such file. */
export async function statIfThere(path: string): Promise<Stats | undefined> {
  return await stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  });
}

/** Makes a directory and its missing parents, durably, for their owner only. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/**
 * Gives the durable file `partial` its final name, durably. A link, and not a rename, because a rename would replace
 * what is there.
 *
 * @returns false when the name is taken, or when a concurrent call with the same partial file was faster
 */
export async function publish(partial: string, path: string): Promise<boolean> {
  let isOurs = true;
  try {
    await link(partial, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST', 'ENOENT')) throw error;
    isOurs = false;
  }
  await rm(partial, { force: true });
  await syncDirectory(dirname(path));
  return isOurs;
}

/** A file found by {@link walkFiles}. */
export interface FoundFile {
  /** Relative to where the walk started, with slashes. */
  path: string;
  name: string;
  stats: Stats;
}

/** The names in a directory; none when it does not exist. */
export async function namesIn(directory: string): Promise<string[]> {
  return await readdir(directory).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  });
}

/**
 * All files below `root/prefix`, in the order of their paths relative to `root`; none when it does not exist.
 *
 * @param prefix - empty, or a relative path that ends in a slash
 */
export async function* walkFiles(
  root: string,
  signal: AbortSignal,
  prefix: string,
): AsyncGenerator<FoundFile> {
  signal.throwIfAborted();
  const files: FoundFile[] = [];
  for (const name of await namesIn(join(root, prefix))) {
    const stats = await statIfThere(join(root, prefix, name));
    // The slash puts `app/x` after `app-x`, as a store of keys orders them.
    if (stats) files.push({ path: prefix + name + (stats.isDirectory() ? '/' : ''), name, stats });
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const file of files)
    if (file.stats.isDirectory()) yield* walkFiles(root, signal, file.path);
    else if (file.stats.isFile()) yield file;
}
