import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { recordChild, signalGroup, type ChildLedger } from '../../src/programs/child-ledger.js';
import { completeStep, discardStaging, stepDirectory } from '../../src/staging/step.js';
import { hurryClock } from '../support/hurry-clock.js';
import { ignoreSignals } from '../support/ignore-signals.js';
import { isAlive } from '../support/is-alive.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

async function makeBackupDirectory(): Promise<string> {
  return join(await makeScratchDirectory(), 'server', 'agentic_20260503_020000');
}

/** A child as a crashed worker leaves it: alive and in the ledger. */
function leaveChild(ledger: ChildLedger): number {
  const { pid } = spawn('/bin/sleep', ['1000'], { detached: true, stdio: 'ignore' });
  onTestFinished(() => void signalGroup(pid!, 'SIGKILL'));
  recordChild(ledger, pid!);
  return pid!;
}

/** What a worker leaves that was killed while it made `step`. */
async function leaveAttempt(backup: string, step: string): Promise<number> {
  const directory = join(backup, `${step}.attempt-0e0e0e0e`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'half'), 'written');
  return leaveChild({ directory: join(directory, 'children') });
}

it('leaves the files and the result of a completed step, and nothing else', async () => {
  const backup = await makeBackupDirectory();
  const result = await completeStep(backup, 'dump', async ({ directory, ledger }) => {
    await mkdir(ledger.directory);
    await writeFile(join(directory, 'data'), 'content');
    return { bytes: 7 };
  });
  expect(result).toEqual({ bytes: 7 });
  expect(await readdir(backup)).toEqual(['dump']);
  expect((await readdir(stepDirectory(backup, 'dump'))).sort()).toEqual(['data', 'result.json']);
});

it('does a completed step no second time', async () => {
  const backup = await makeBackupDirectory();
  await completeStep(backup, 'dump', () => Promise.resolve({ try: 1 }));
  const again = await completeStep(backup, 'dump', () => Promise.reject(new Error('done twice')));
  expect(again).toEqual({ try: 1 });
});

it('removes a failed attempt, passes its error on, and can be tried again', async () => {
  const backup = await makeBackupDirectory();
  const failing = completeStep(backup, 'dump', async ({ directory }) => {
    await writeFile(join(directory, 'half'), 'written');
    throw new Error('pg_dump failed');
  });
  await expect(failing).rejects.toThrow('pg_dump failed');
  expect(await readdir(backup)).toEqual([]);
  expect(await completeStep(backup, 'dump', () => Promise.resolve('made'))).toBe('made');
});

it('of which a process does not end fails by its own error, and the next attempt by that process', async () => {
  const backup = await makeBackupDirectory();
  const failing = completeStep(backup, 'dump', ({ ledger }) => {
    leaveChild(ledger);
    ignoreSignals();
    hurryClock();
    return Promise.reject(new Error('no progress'));
  });
  await expect(failing).rejects.toThrow('no progress');

  const again = completeStep(backup, 'dump', () => Promise.resolve('made'));
  await expect(again).rejects.toMatchObject({ type: 'Stalled' });
});

it('ends and removes what a crashed attempt left of this step, and of no other', async () => {
  const backup = await makeBackupDirectory();
  const dumping = await leaveAttempt(backup, 'dump');
  const compressing = await leaveAttempt(backup, 'compress');

  await completeStep(backup, 'dump', () => {
    expect(isAlive(dumping)).toBe(false);
    return Promise.resolve('made');
  });

  expect(isAlive(compressing)).toBe(true);
  expect((await readdir(backup)).sort()).toEqual(['compress.attempt-0e0e0e0e', 'dump']);
});

it('is not complete before its directory has its name, whatever is in the attempt', async () => {
  const backup = await makeBackupDirectory();
  await leaveAttempt(backup, 'dump');
  await writeFile(join(backup, 'dump.attempt-0e0e0e0e', 'result.json'), '"crashed before the rename"');
  expect(await completeStep(backup, 'dump', () => Promise.resolve('made anew'))).toBe('made anew');
});

it('answers alike when an attempt that was given up finishes first', async () => {
  const backup = await makeBackupDirectory();
  const late = completeStep(backup, 'dump', async ({ directory }) => {
    await mkdir(stepDirectory(backup, 'dump'));
    await writeFile(join(stepDirectory(backup, 'dump'), 'result.json'), '"by the first"');
    await writeFile(join(directory, 'data'), 'by the second');
    return 'by the second';
  });
  expect(await late).toBe('by the first');
  expect(await readdir(backup)).toEqual(['dump']);
  expect(await readFile(join(backup, 'dump', 'result.json'), 'utf8')).toBe('"by the first"');
});

it('takes the place of an attempt that still runs, which then fails and harms nothing', async () => {
  const backup = await makeBackupDirectory();
  let goOn = () => undefined as void;
  const hold = new Promise<void>((resolve) => (goOn = resolve));
  let isRunning = () => undefined as void;
  const running = new Promise<void>((resolve) => (isRunning = resolve));
  const first = completeStep(backup, 'dump', async ({ directory }) => {
    isRunning();
    await hold;
    await writeFile(join(directory, 'data'), 'of the first');
    return 'first';
  });
  const firstEnd = first.then(String, (error: NodeJS.ErrnoException) => error.code);
  await running;
  const second = await completeStep(backup, 'dump', async ({ directory }) => {
    goOn();
    expect(await firstEnd).toBe('ENOENT');
    await writeFile(join(directory, 'data'), 'of the second');
    return 'second';
  });
  expect(second).toBe('second');
  expect(await readFile(join(backup, 'dump', 'data'), 'utf8')).toBe('of the second');
});

it('keeps the files of a backup from other users', async () => {
  const backup = await makeBackupDirectory();
  await completeStep(backup, 'dump', () => Promise.resolve('made'));
  expect(((await stat(backup)).mode & 0o777).toString(8)).toBe('700');
  expect(((await stat(stepDirectory(backup, 'dump'))).mode & 0o777).toString(8)).toBe('700');
});

it('ends and removes everything of a backup, however often', async () => {
  const backup = await makeBackupDirectory();
  await completeStep(backup, 'dump', () => Promise.resolve('made'));
  const compressing = await leaveAttempt(backup, 'compress');
  await discardStaging(backup);
  await discardStaging(backup);
  expect(isAlive(compressing)).toBe(false);
  await expect(readdir(backup)).rejects.toThrow('ENOENT');
});
