import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { withWalSupply, type SuppliedWal } from '../../src/recovery/supply-wal.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const { signal } = new AbortController();
const SEGMENTS = Array.from({ length: 60 }, (_, index) => `0000000100000000000000${index + 10}`);

/** Runs `use` with a function that asks for a file as PostgreSQL does, and answers with the exit code. */
async function supplied<T>(
  fetch: SuppliedWal['fetch'],
  use: (
    ask: (name: string) => Promise<number | undefined>,
    ready: () => Promise<string[]>,
    data: string,
  ) => Promise<T>,
): Promise<T> {
  const scratch = await makeScratchDirectory();
  const data = join(scratch, 'data');
  await mkdir(data);
  const what = { segments: SEGMENTS, histories: ['00000002.history'], fetch };
  return withWalSupply(scratch, what, { signal }, (command) =>
    use(
      async (name) => {
        const shell = command.replace('%f', name).replace('%p', 'RECOVERYXLOG');
        return (await execa(shell, { shell: true, cwd: data, reject: false })).exitCode;
      },
      async () => {
        const supply = (await readdir(scratch)).find((name) => name.startsWith('wal-'))!;
        return readdir(join(scratch, supply, 'ready'));
      },
      data,
    ),
  );
}

const fetchAnything: SuppliedWal['fetch'] = async (name, file) => {
  await writeFile(`${file}.partial`, `content of ${name}`);
  await rename(`${file}.partial`, file);
};

it('gives every file that was archived, forwards and back, and holds only a window of them', async () => {
  await supplied(fetchAnything, async (ask, ready, data) => {
    for (const name of ['00000002.history', ...SEGMENTS, SEGMENTS[0]!]) {
      expect(await ask(name)).toBe(0);
      expect(await readFile(join(data, 'RECOVERYXLOG'), 'utf8')).toBe(`content of ${name}`);
      expect((await ready()).length).toBeLessThan(30);
    }
  });
});

it('says only of what was never archived that it is not there', async () => {
  await supplied(fetchAnything, async (ask) => {
    expect(await ask('00000003.history')).toBe(1);
    expect(await ask('000000010000000000000099')).toBe(1);
  });
});

it('ends the recovery when a file cannot be fetched, and tells why', async () => {
  const bad = SEGMENTS[1]!;
  const fetch: SuppliedWal['fetch'] = (name, file, abort) =>
    name === bad ? Promise.reject(new Error('damaged')) : fetchAnything(name, file, abort);
  let exitCode: number | undefined;
  const work = supplied(fetch, async (ask) => {
    exitCode = await ask(bad);
    throw new Error('what PostgreSQL says of that');
  });
  await expect(work).rejects.toThrow('damaged');
  expect(exitCode).toBe(255);
});
