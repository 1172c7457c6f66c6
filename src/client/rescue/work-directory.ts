import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Lends `use` the directory that was named, or a temporary one that is removed at the end. */
export async function withWorkDirectory<T>(
  named: string | undefined,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  if (named !== undefined) {
    const directory = resolve(named);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return use(directory);
  }
  const directory = await mkdtemp(join(tmpdir(), 'temponest-rescue-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
