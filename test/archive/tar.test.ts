import { chmod, mkdir, open, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { checkArchive, compressorCommand, listArchive, packDirectory } from '../../src/archive/tar.js';
import type { Compression } from '../../src/model/plan.js';
import { findProgram } from '../../src/programs/locate-program.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const path = (process.env.PATH ?? '').split(delimiter);
const context = { signal: new AbortController().signal };
const hasPigz = (await findProgram('pigz', path)) !== undefined;

/** Directories with links to all that gzip needs, and no pigz. */
async function withoutPigz(): Promise<string[]> {
  const directory = await makeScratchDirectory();
  for (const program of ['tar', 'gzip'])
    await symlink((await findProgram(program, path))!, join(directory, program));
  return [directory];
}

const codecs: [name: string, compression: Compression, directories: () => Promise<string[]>][] = [
  ['zstd', { method: 'zstd', level: 1 }, () => Promise.resolve(path)],
  ['gzip', { method: 'gzip', level: 1 }, withoutPigz],
  ...(hasPigz
    ? [['pigz', { method: 'gzip', level: 6 }, () => Promise.resolve(path)] satisfies (typeof codecs)[number]]
    : []),
];

/** A dump as pg_dump makes it, and contents that are hard on a codec. */
async function makeDump(): Promise<{ directory: string; files: { name: string; bytes: number }[] }> {
  const directory = join(await makeScratchDirectory(), 'data');
  await mkdir(directory);
  const contents: Record<string, Buffer> = {
    'toc.dat': Buffer.from('PGDMP'),
    '3001.dat': Buffer.alloc(0),
    '3002.dat': Buffer.alloc(300_000),
    '3003.dat': Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7919) % 256)),
    'blob_16400.dat': Buffer.from('line\n'),
    'with space.dat': Buffer.from('\\.\n'),
  };
  for (const [name, content] of Object.entries(contents)) await writeFile(join(directory, name), content);
  const files = Object.entries(contents).map(([name, { length }]) => ({ name, bytes: length }));
  return { directory, files };
}

describe.each(codecs)('with %s', (name, compression, getDirectories) => {
  it('packs a directory into one file that standard programs unpack', async () => {
    const directories = await getDirectories();
    const { directory, files } = await makeDump();
    const archive = join(directory, '..', 'artifact');
    await packDirectory(directory, archive, compression, directories, context);
    const [compressor] = await compressorCommand(compression, directories);
    expect(compressor!.endsWith(`/${name}`)).toBe(true);

    const out = join(directory, '..', 'out');
    await mkdir(out);
    const decompress = compression.method === 'zstd' ? '--zstd' : '--gzip';
    await execa('tar', [decompress, '--extract', `--file=${archive}`, `--directory=${out}`]);
    expect((await readdir(out)).sort()).toEqual(files.map((file) => file.name).sort());
    for (const file of files)
      expect((await readFile(join(out, file.name))).equals(await readFile(join(directory, file.name)))).toBe(
        true,
      );
  });

  it('lists what it packed, and accepts it', async () => {
    const directories = await getDirectories();
    const { directory, files } = await makeDump();
    const archive = join(directory, '..', 'artifact');
    await packDirectory(directory, archive, compression, directories, context);
    const listed = await listArchive(archive, compression, directories, context);
    expect(listed).toEqual([...files].sort((a, b) => (a.name < b.name ? -1 : 1)));
    await checkArchive(archive, files, compression, directories, context);
  });

  it('finds a file missing, of another size, or too many', async () => {
    const directories = await getDirectories();
    const { directory, files } = await makeDump();
    const archive = join(directory, '..', 'artifact');
    await packDirectory(directory, archive, compression, directories, context);
    const check = (expected: typeof files) =>
      checkArchive(archive, expected, compression, directories, context);
    await expect(check([...files, { name: '3004.dat', bytes: 5 }])).rejects.toMatchObject({
      type: 'ArtifactDamaged',
      message:
        'The compressed archive does not hold what was dumped (3004.dat); check disk and memory of the machine, and make a new backup.',
    });
    await expect(
      check(files.map((f) => (f.name === 'toc.dat' ? { ...f, bytes: 6 } : f))),
    ).rejects.toMatchObject({
      type: 'ArtifactDamaged',
      message: expect.stringContaining('(toc.dat)') as string,
    });
    await expect(check(files.slice(1))).rejects.toMatchObject({
      type: 'ArtifactDamaged',
      message: expect.stringContaining('(more files)') as string,
    });
  });

  it('finds the archive cut short or changed', async () => {
    const directories = await getDirectories();
    const { directory, files } = await makeDump();
    const archive = join(directory, '..', 'artifact');
    const damages: Record<string, (bytes: number) => Promise<void>> = {
      'cut short': (bytes) => truncate(archive, bytes - 100),
      empty: () => truncate(archive, 0),
      changed: async (bytes) => {
        const handle = await open(archive, 'r+');
        await handle.write(Buffer.from('damage'), 0, 6, Math.floor(bytes / 2));
        await handle.close();
      },
    };
    for (const [what, damage] of Object.entries(damages)) {
      await packDirectory(directory, archive, compression, directories, context);
      await damage((await readFile(archive)).length);
      await expect(
        checkArchive(archive, files, compression, directories, context),
        what,
      ).rejects.toMatchObject({
        type: 'ArtifactDamaged',
      });
    }
  });
});

it('says when a file vanished while it was packed', async () => {
  const { directory } = await makeDump();
  const archive = join(directory, '..', 'artifact');
  const missing = packDirectory(
    join(directory, 'missing'),
    archive,
    { method: 'zstd', level: 1 },
    path,
    context,
  );
  await expect(missing).rejects.toMatchObject({
    type: 'ProgramFailed',
    message: expect.stringContaining('tar failed') as string,
  });
});

it('names the package of a program that is missing', async () => {
  const empty = await makeScratchDirectory();
  await expect(compressorCommand({ method: 'zstd', level: 1 }, [empty])).rejects.toMatchObject({
    type: 'ProgramMissing',
  });
  await writeFile(join(empty, 'gzip'), '');
  await chmod(join(empty, 'gzip'), 0o755);
  expect(await compressorCommand({ method: 'gzip', level: 9 }, [empty])).toEqual([join(empty, 'gzip'), '-9']);
});
