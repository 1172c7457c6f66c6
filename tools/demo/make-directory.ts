import { makeServerDirectory, makeStop, type Stoppable } from '../servers/server-directory.js';

/** Makes a directory that `stop()` removes. */
export async function makeDirectory(name: string): Promise<Stoppable & { directory: string }> {
  const directory = await makeServerDirectory(name);
  return { directory, ...makeStop(() => Promise.resolve(), directory) };
}
