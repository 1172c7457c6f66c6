import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';
import { installSystemPackages } from './install-system-packages.js';

const version = '1.46.3';

/** Amazon's own command-line client, from PyPI. Returns the directory for `PYTHONPATH`. */
export async function installAwscli(): Promise<string> {
  return makeOnce(cacheDirectory('awscli', version), async (temporary) => {
    await installSystemPackages(['pip3']);
    await execa('pip3', ['install', '--target', temporary, `awscli==${version}`], { stdin: 'ignore' });
  });
}
