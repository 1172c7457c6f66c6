import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';
import { installSystemPackages } from './install-system-packages.js';

const version = '1.35.0';

/** Temporal's Python SDK, from PyPI, for the agents' example. Returns the directory for `PYTHONPATH`. */
export async function installPythonTemporalio(): Promise<string> {
  return makeOnce(cacheDirectory('python-temporalio', version), async (temporary) => {
    await installSystemPackages(['pip3']);
    await execa('pip3', ['install', '--target', temporary, `temporalio==${version}`], { stdin: 'ignore' });
  });
}
