import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';
import { findProgram } from './find-program.js';

/**
 * Builds Go programs of one version into the cache, unless they are there.
 *
 * @param packages what `go install` takes, each with its `@version`
 * @returns the directory with the programs
 * @throws Error when go is not on PATH
 */
export async function installWithGo(
  name: string,
  version: string,
  packages: readonly string[],
): Promise<string> {
  return await makeOnce(cacheDirectory(name, version), async (directory) => {
    await goInstall(packages, directory);
  });
}

/** Runs `go install` with `directory` as the place for the programs. */
export async function goInstall(packages: readonly string[], directory: string): Promise<void> {
  await execa(requireGo(), ['install', ...packages], { env: { GOBIN: directory }, stdin: 'ignore' });
}

/** The folder of a Go module's source in Go's module cache. */
export async function goModuleDirectory(module: string): Promise<string> {
  const { stdout } = await execa(requireGo(), ['mod', 'download', '-json', module], { stdin: 'ignore' });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

/** Where Go is.
 *
 * @throws Error when it is neither on PATH nor where its own installer puts it
 */
export function requireGo(): string {
  const go = findProgram('go') ?? findProgram('go', [join('/usr', 'local', 'go', 'bin')]);
  if (!go) {
    throw new Error(
      'Go is needed to build a test server, and is not on PATH: install Go 1.26 or newer from https://go.dev/dl and try again.',
    );
  }
  return go;
}
