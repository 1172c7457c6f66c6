import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const root = join(import.meta.dirname, '..');

/**
 * Builds the project when its sources, or what they are built with, changed after the last build. Vitest calls it as
 * the global setup of the tests that run the built code.
 */
export default async function ensureBuild(): Promise<void> {
  const built = await modificationTime(join(root, 'dist', 'workflow-bundle.cjs')); // what a build writes last
  const inputs = (await readdir(join(root, 'src'), { recursive: true })).map((file) => join('src', file));
  inputs.push('package-lock.json', 'tsconfig.json', 'tsconfig.build.json');
  const times = await Promise.all(inputs.map((file) => modificationTime(join(root, file))));
  if (Math.max(...times) <= built) return;
  const options = { cwd: root, stdin: 'ignore', preferLocal: true } as const;
  // tsc emits in spite of type errors, which are another check's business.
  await execa('tsc', ['-p', 'tsconfig.build.json'], { ...options, reject: false });
  await execa('npm', ['run', '--silent', 'bundle'], options);
}

/** Milliseconds; 0 when there is no such file. */
async function modificationTime(path: string): Promise<number> {
  return await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
