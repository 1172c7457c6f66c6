import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds the project when its sources, or what they are built with, changed after the last build. */
export async function ensureBuild(): Promise<void> {
  const built = await modificationTime(join(root, 'dist', 'workflow-bundle.cjs')); // what a build writes last
  const inputs = (await readdir(join(root, 'src'), { recursive: true })).map((file) => join('src', file));
  inputs.push('package-lock.json', 'tsconfig.json', 'tsconfig.build.json');
  const times = await Promise.all(inputs.map((file) => modificationTime(join(root, file))));
  if (Math.max(...times) > built)
    await execa('npm', ['run', '--silent', 'build'], { cwd: root, stdin: 'ignore' });
}

/** Milliseconds; 0 when there is no such file. */
async function modificationTime(path: string): Promise<number> {
  return await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
