import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';
import { installSystemPackages } from './install-system-packages.js';

const version = '5.2.5';

/** moto, an S3 server that knows Amazon's storage classes, from PyPI. Returns the directory for `PYTHONPATH`. */
export async function installMoto(): Promise<string> {
  return makeOnce(cacheDirectory('moto', version), async (temporary) => {
    await installSystemPackages(['pip3']);
    await execa('pip3', ['install', '--target', temporary, `moto[server]==${version}`], { stdin: 'ignore' });
  });
}
