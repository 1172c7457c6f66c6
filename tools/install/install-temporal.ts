import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { cacheDirectory, makeOnce } from './cache.js';
import { findProgram } from './find-program.js';
import { goInstall } from './install-with-go.js';

const version = '1.5.1';

/**
 * The Temporal CLI, which carries the dev server and its UI: `TEMPORAL_BINARY`, else PATH, else the cache, filled by
 * the SDK's own download or, where that is impossible, by `go install`. Returns the program's path.
 */
export async function installTemporal(): Promise<string> {
  const present = process.env.TEMPORAL_BINARY ?? findProgram('temporal');
  if (present) return present;
  const directory = await makeOnce(cacheDirectory('temporal-cli', version), async (temporary) => {
    const downloaded = await download(temporary);
    if (!downloaded) await goInstall([`github.com/temporalio/cli/cmd/temporal@v${version}`], temporary);
  });
  return join(directory, 'temporal');
}

/** The SDK downloads only in order to start a server, so one is started and stopped. */
async function download(directory: string): Promise<boolean> {
  try {
    const environment = await TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'cached-download', downloadDir: directory, version: `v${version}` } },
    });
    await environment.teardown();
  } catch {
    return false;
  }
  const [program] = await readdir(directory);
  if (!program) return false;
  await rename(join(directory, program), join(directory, 'temporal'));
  return true;
}
