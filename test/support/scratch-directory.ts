import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of the running test's own, removed when the test has ended. */
export async function makeScratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tb-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
