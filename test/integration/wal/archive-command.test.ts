import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';
import { makeArchiver, untilArchived, writeSegment } from './archiver-tests.js';

const script = join(import.meta.dirname, '../../../deploy/postgres/archive-wal.sh');
const NAME = '000000010000000000000001';

/** The programs of busybox and nothing else, as in `postgres:16-alpine`; or the system's. */
const shells = {
  busybox: async () => {
    const bin = await makeScratchDirectory();
    await execa('busybox', ['--install', '-s', bin]);
    return { sh: join(bin, 'sh'), PATH: bin };
  },
  system: () => Promise.resolve({ sh: '/bin/sh', PATH: '/usr/bin:/bin' }),
};

describe.each(Object.keys(shells) as (keyof typeof shells)[])('archive-wal.sh with %s', (kind) => {
  let directory: string;
  let source: string;
  let run: (...args: string[]) => Promise<{ exitCode?: number | undefined; stderr: string }>;
  beforeEach(async () => {
    const scratch = await makeScratchDirectory();
    directory = join(scratch, 'wal');
    source = join(scratch, 'source');
    await mkdir(directory);
    await writeFile(source, 'segment');
    const { sh, PATH } = await shells[kind]();
    run = (...args) =>
      execa(sh, [script, ...args], { reject: false, extendEnv: false, env: { PATH, LC_ALL: 'C' } });
  });
  const archived = () => readFile(join(directory, NAME), 'utf8');

  it('puts a file there, and does so again with success', async () => {
    for (let time = 1; time <= 2; time++) {
      expect(await run(source, NAME, directory)).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await archived()).toBe('segment');
    }
    expect(await readdir(directory)).toEqual([NAME]);
  });

  it('refuses another file of the same name, and leaves the one that is there', async () => {
    await run(source, NAME, directory);
    await writeFile(source, 'other');
    expect(await run(source, NAME, directory)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/holds something else; find out which server wrote it$/) as string,
    });
    expect(await archived()).toBe('segment');
  });

  it('replaces what an interrupted call has left', async () => {
    await writeFile(join(directory, `.${NAME}.partial`), 'seg');
    expect(await run(source, NAME, directory)).toMatchObject({ exitCode: 0 });
    expect(await readdir(directory)).toEqual([NAME]);
  });

  it.each([
    ['no directory', () => [source, NAME, `${directory}/gone`]],
    ['no file', () => [`${source}.gone`, NAME, directory]],
    ['a name that is a path', () => [source, '../escape', directory]],
    ['too few arguments', () => [source, NAME]],
  ])('fails with %s, by a code that PostgreSQL counts', async (_, argsOf) => {
    const { exitCode, stderr } = await run(...argsOf());
    expect(exitCode).toBeGreaterThan(0);
    expect(exitCode).toBeLessThan(126);
    expect(stderr).toMatch(/^archive-wal: .+/);
    expect(await readdir(directory)).toEqual([]);
  });

  it('says so when there is no room, and leaves nothing behind', async () => {
    // A file-size limit of nothing stands for a full disk.
    const { sh, PATH } = await shells[kind]();
    const { exitCode } = await execa(
      sh,
      ['-c', 'ulimit -f 0; trap "" XFSZ; exec "$0" "$@"', sh, script, source, NAME, directory],
      { reject: false, extendEnv: false, env: { PATH } },
    );
    expect(exitCode).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });
});

it('brings what a server archives by it into the store, and empties the volume', async () => {
  const scratch = await makeScratchDirectory();
  const volume = join(scratch, 'wal');
  await mkdir(volume);
  // The server runs as another user, when this process is root's.
  for (const directory of [scratch, volume]) await chmod(directory, 0o777);
  await using server = await startPostgres({
    settings: { archive_mode: 'on', archive_command: `busybox sh ${script} "%p" "%f" ${volume}` },
  });
  const archiver = await makeArchiver(server, volume);
  const { state, ending } = archiver.start();
  await writeSegment(server);
  const end = await writeSegment(server);
  await untilArchived(archiver, end);
  await waitUntil('the volume is empty', async () => (await readdir(volume)).join() === 'aside');
  await waitUntil('it says how far it is', () => state.archived !== undefined && state.archived >= end);

  // What another server wrote, or a copy that is not whole, is taken aside.
  const foreign = '0000000100000000000000F0';
  await writeFile(join(volume, foreign), 'foreign');
  expect(await ending).toMatchObject({ kind: 'gap', gap: { first: foreign } });
  expect(await readdir(join(volume, 'aside'))).toEqual([foreign]);
});
