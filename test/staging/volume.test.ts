import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { backupDirectory, openVolume, readVolumeSpace } from '../../src/staging/volume.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

it('has an id that stays with it', async () => {
  const directory = await makeScratchDirectory();
  const { id } = await openVolume(directory);
  expect(id).toMatch(/^[0-9a-f]{10}$/);
  expect(await openVolume(directory)).toEqual({ directory, id });
  expect((await openVolume(await makeScratchDirectory())).id).not.toBe(id);
});

it.each([
  ['missing', 'ENOENT'],
  ['a file', 'ENOTDIR'],
])('refuses a directory that is %s', async (what, code) => {
  const directory = join(await makeScratchDirectory(), 'staging');
  if (what === 'a file') await writeFile(directory, '', { mode: 0o755 });
  await expect(openVolume(directory)).rejects.toMatchObject({
    type: 'InvalidConfiguration',
    message: `The staging directory ${directory} cannot be used (${code}); create it, writable by this user, or set staging.directory.`,
  });
});

it.skipIf(process.getuid?.() !== 0)('refuses one that this user may not write to', async () => {
  const directory = await makeScratchDirectory();
  process.seteuid!(65534);
  onTestFinished(() => void process.seteuid!(0));
  await expect(openVolume(directory)).rejects.toMatchObject({
    type: 'InvalidConfiguration',
    message: expect.stringContaining('EACCES') as string,
  });
});

it('gives each backup a directory of its own, whatever the server is called', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  const directories = ['a/b', 'a', '..', 'b%2F'].map((server) => backupDirectory(volume, server, 'x_1'));
  expect(new Set(directories).size).toBe(4);
  for (const directory of directories) {
    expect(directory.startsWith(`${volume.directory}/backups/`)).toBe(true);
    await mkdir(directory, { recursive: true });
  }
  await rm(directories[1]!, { recursive: true });
});

it('knows its space', async () => {
  const { freeBytes, totalBytes } = await readVolumeSpace(await openVolume(await makeScratchDirectory()));
  expect(freeBytes).toBeGreaterThan(0);
  expect(totalBytes).toBeGreaterThan(freeBytes);
});

it('keeps what backups in flight had made when the worker is restarted, and nothing when the machine was', async () => {
  const directory = await makeScratchDirectory();
  const { id } = await openVolume(directory);
  const made = join(directory, 'backups', 'main', 'app_20261101_020000');
  await mkdir(made, { recursive: true });

  expect(await openVolume(directory)).toMatchObject({ id });
  expect(await readdir(join(directory, 'backups'))).toEqual(['main']);

  await writeFile(join(directory, 'volume.json'), JSON.stringify({ id, bootId: 'another start of it' }));
  expect(await openVolume(directory)).toMatchObject({ id });
  expect(await readdir(join(directory, 'backups'))).toEqual([]);
});

it('is never made of a directory that has something of another kind by our names', async () => {
  const directory = await makeScratchDirectory();
  await mkdir(join(directory, 'backups'));
  await writeFile(join(directory, 'backups', 'precious'), '');
  await expect(openVolume(directory)).rejects.toMatchObject({ type: 'InvalidConfiguration' });
  expect(await readdir(join(directory, 'backups'))).toEqual(['precious']);
});
