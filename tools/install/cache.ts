import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where a program of one version is kept: `<cache>/temponest-backups/<name>-<version>`. */
export function cacheDirectory(name: string, version: string): string {
  const root = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(root, 'temponest-backups', `${name}-${version}`);
}

/**
 * Makes a directory once. `make` fills a directory with a temporary name beside it, which is renamed when complete,
 * so that a directory that exists is always whole: after a crash, and when two processes install at the same time.
 *
 * @returns `directory`
 */
export async function makeOnce(
  directory: string,
  make: (temporary: string) => Promise<void>,
): Promise<string> {
  if (existsSync(directory)) return directory;
  await mkdir(dirname(directory), { recursive: true });
  const temporary = await mkdtemp(`${directory}.tmp-`);
  try {
    await make(temporary);
    await chmod(temporary, 0o755);
    await rename(temporary, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error; // another process was faster: its copy is as good
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return directory;
}
