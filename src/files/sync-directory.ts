import { open } from 'node:fs/promises';

/** Makes a directory's entries durable: a file that was made, renamed or linked there is found after a power failure. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
