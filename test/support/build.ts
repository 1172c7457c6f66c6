import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

const project = join(import.meta.dirname, '..', '..');

/** Vitest's global setup for tests that run the built code: builds it when it is older than its source. */
export default async function buildWhenStale(): Promise<void> {
  const built = statSync(join(project, 'dist', 'workflow-bundle.cjs'), { throwIfNoEntry: false })?.mtimeMs;
  const newest = readdirSync(join(project, 'src'), { recursive: true, withFileTypes: true })
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs)
    .reduce((a, b) => Math.max(a, b), 0);
  if (built !== undefined && built > newest) return;
  const options = { cwd: project, stdin: 'ignore', preferLocal: true } as const;
  // tsc emits in spite of type errors, which are another check's business.
  await execa('tsc', ['-p', 'tsconfig.build.json'], { ...options, reject: false });
  await execa(process.execPath, ['dist/bundle-workflows.js'], options);
}
