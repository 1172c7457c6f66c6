import { measureDirectory } from '../files/measure-directory.js';

/** How often the size is looked at, in milliseconds. */
const INTERVAL = 1000;

/**
 * Reports the bytes in a directory while a program fills it. The directory need not exist yet.
 *
 * @returns a function that ends the watch
 */
export function watchWrites(directory: string, onBytes: (bytes: number) => void): () => void {
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    onBytes(await measureDirectory(directory));
    looking = false;
  };
  const timer = setInterval(() => void look(), INTERVAL);
  return () => clearInterval(timer);
}
