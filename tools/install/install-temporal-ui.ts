import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';
import { goModuleDirectory, requireGo } from './install-with-go.js';

const version = '2.26.2';

/** Builds the Temporal UI that TempoNest runs, of the time of server 1.24.2, into the cache. */
export async function installTemporalUi(): Promise<string> {
  const directory = await makeOnce(cacheDirectory('temporal-ui', version), async (temporary) => {
    // `go install` takes no module that replaces another; built from its source, it may.
    const module = await goModuleDirectory(`github.com/temporalio/ui-server/v2@v${version}`);
    const source = join(temporary, 'source');
    // Go's module cache is read-only, directories too: their modes must not come along.
    await execa('cp', ['-r', '--no-preserve=mode', module, source]);
    const program = join(temporary, 'temporal-ui');
    await execa(requireGo(), ['build', '-o', program, './cmd/server'], { cwd: source, stdin: 'ignore' });
    await execa('rm', ['-r', source]);
  });
  return join(directory, 'temporal-ui');
}
