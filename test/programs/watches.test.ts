import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { watchReads } from '../../src/programs/watch-reads.js';
import { watchWrites } from '../../src/programs/watch-writes.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

/** Lets a watch look once, by its clock. */
async function look(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1000);
}

function fakeTheClock(): void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
}

it('reports what a directory holds once it is there', async () => {
  fakeTheClock();
  const directory = join(await makeScratchDirectory(), 'data');
  const seen: number[] = [];
  const stop = watchWrites(directory, (bytes) => seen.push(bytes));
  onTestFinished(stop);
  await look();
  await vi.waitFor(() => expect(seen).toEqual([0]));
  await mkdir(directory);
  await writeFile(join(directory, '1.dat'), Buffer.alloc(700));
  await look();
  await vi.waitFor(() => expect(seen).toEqual([0, 700]));
});

it('reports what a process has read, and nothing of one that has gone', async () => {
  fakeTheClock();
  const seen: number[] = [];
  onTestFinished(watchReads(process.pid, (bytes) => seen.push(bytes)));
  onTestFinished(watchReads(2 ** 22 + 1, () => seen.push(Number.NaN)));
  await look();
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  expect(seen[0]).toBeGreaterThan(0);
});

it('says nothing after its end', async () => {
  fakeTheClock();
  const seen: number[] = [];
  const directory = await makeScratchDirectory();
  for (const stop of [
    watchWrites(directory, (bytes) => seen.push(bytes)),
    watchReads(process.pid, (bytes) => seen.push(bytes)),
  ])
    stop();
  await look();
  expect(seen).toEqual([]);
});
