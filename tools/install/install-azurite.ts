import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';

const version = '3.37.0';

/**
 * Azurite, a server of Azure Blob Storage, in the cache, filled from npm: it is larger than all that this project itself
 * depends on. Returns the script that Node runs.
 */
export async function installAzurite(): Promise<string> {
  const directory = await makeOnce(cacheDirectory('azurite', version), async (temporary) => {
    const options = ['--prefix', temporary, '--no-audit', '--no-fund', '--ignore-scripts'];
    await execa('npm', ['install', ...options, `azurite@${version}`], { stdin: 'ignore' });
  });
  return join(directory, 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js');
}
