import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openVolume } from '../../src/staging/volume.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

/** Another process that opens the volume, tells how that ended, and then stays. */
async function openElsewhere(directory: string): Promise<{ said: string; process: ChildProcess }> {
  const script = join(import.meta.dirname, '..', 'support', 'open-volume.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { said: said.trim(), process: child };
}

it('keeps a volume to one process, until that ends, however it does', async () => {
  const directory = await makeScratchDirectory();
  const first = await openElsewhere(directory);
  expect(first.said).toMatch(/^opened /);

  const refused = {
    type: 'InvalidConfiguration',
    message: `The staging directory ${directory} is used by another worker; stop that one, or give each a staging.directory of its own.`,
  };
  await expect(openVolume(directory)).rejects.toMatchObject(refused);
  expect((await openElsewhere(directory)).said).toBe(`refused ${refused.message}`);

  const ended = once(first.process, 'exit');
  first.process.kill('SIGKILL');
  await ended;
  expect(`opened ${(await openVolume(directory)).id}`).toBe(first.said);
  expect((await openElsewhere(directory)).said).toMatch(/^refused /);
});

it('leaves no file of its own, and is no matter to a program that is started meanwhile', async () => {
  const directory = await makeScratchDirectory();
  const first = await openElsewhere(directory);
  // A program that outlives the worker, as pg_dump may, and goes on to work in the volume.
  first.process.stdin!.write('start a program\n');
  const [pid] = (await once(first.process.stdout!, 'data')) as [string];
  onTestFinished(() => void process.kill(Number(pid), 'SIGKILL'));
  const ended = once(first.process, 'exit');
  first.process.kill('SIGKILL');
  await ended;
  await openVolume(directory);
  expect((await readdir(directory)).sort()).toEqual(['backups', 'reservations', 'volume.json']);
});

it('may be opened again by the same process', async () => {
  const directory = await makeScratchDirectory();
  expect(await openVolume(directory)).toEqual(await openVolume(directory));
});
