import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How often the size is looked at, in milliseconds. */
const INTERVAL = 1000;

/**
 * Reports the bytes in a directory while a program fills it. The directory need not exist yet.
 *
 * @returns a function that ends the watch
 */
export function watchDirectory(directory: string, onBytes: (bytes: number) => void): () => void {
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    const names = await readdir(directory).catch(() => []);
    const sizes = await Promise.all(
      names.map((name) => stat(join(directory, name)).catch(() => ({ size: 0 }))),
    );
    looking = false;
    onBytes(sizes.reduce((sum, { size }) => sum + size, 0));
  };
  const timer = setInterval(() => void look(), INTERVAL);
  return () => clearInterval(timer);
}
