import { execFileSync, spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recordChild, signalGroup } from '../../src/programs/child-ledger.js';
import { releaseSpace, reserveSpace, type Reservation } from '../../src/staging/reservation.js';
import {
  backupDirectory,
  openVolume,
  readVolumeSpace,
  type StagingVolume,
} from '../../src/staging/volume.js';
import { hurryClock } from '../support/hurry-clock.js';
import { ignoreSignals } from '../support/ignore-signals.js';
import { isAlive } from '../support/is-alive.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const signal = new AbortController().signal;
const MB = 1024 * 1024;
const running = () => Promise.resolve(true);
const ended = () => Promise.resolve(false);

function wanted(database: string, bytes: number, over: Partial<Reservation> = {}): Reservation {
  const backupId = `${database}_20260503_020000`;
  return { server: 'main', backupId, bytes, workflowId: `w/${database}`, runId: `r/${database}`, ...over };
}

/** A volume of 64 MiB, which only root can make; elsewhere a directory, whose space others use as well. */
async function makeSmallVolume(): Promise<StagingVolume> {
  const directory = await makeScratchDirectory();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tb-test', directory]);
  // Lazily: the volume's lock is held for as long as this process lives.
  onTestFinished(() => void execFileSync('umount', ['--lazy', directory]));
  return openVolume(directory);
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tb-test', '/mnt'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

async function write(volume: StagingVolume, { server, backupId }: Reservation, bytes: number): Promise<void> {
  const directory = backupDirectory(volume, server, backupId);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'data'), Buffer.alloc(bytes));
}

describe.skipIf(!canMount())('on a volume of 64 MiB', () => {
  it('counts what others were promised and have not written yet', async () => {
    const volume = await makeSmallVolume();
    const first = wanted('a', 40 * MB);
    await reserveSpace(volume, first, running, signal);
    await expect(reserveSpace(volume, wanted('b', 30 * MB), running, signal)).rejects.toMatchObject({
      type: 'StagingFull',
      message: expect.stringMatching(
        /^Backup b_20260503_020000 needs 0\.03 GB of staging and \S+ has 0\.03 GB left beside 1 backups in flight; /,
      ) as string,
    });
    await write(volume, first, 40 * MB);
    await expect(reserveSpace(volume, wanted('b', 30 * MB), running, signal)).rejects.toMatchObject({
      type: 'StagingFull',
    });
    await reserveSpace(volume, wanted('c', 20 * MB), running, signal);
  });

  it('counts files that are nobody’s', async () => {
    const volume = await makeSmallVolume();
    await writeFile(join(volume.directory, 'somebody-else'), Buffer.alloc(50 * MB));
    await expect(reserveSpace(volume, wanted('a', 20 * MB), running, signal)).rejects.toMatchObject({
      type: 'StagingFull',
    });
  });

  it('gives back what was released', async () => {
    const volume = await makeSmallVolume();
    const first = wanted('a', 60 * MB);
    await reserveSpace(volume, first, running, signal);
    await write(volume, first, 60 * MB);
    await releaseSpace(volume, first, signal);
    await releaseSpace(volume, first, signal);
    await reserveSpace(volume, wanted('b', 60 * MB), running, signal);
  });

  it('never promises more than there is, to reservations made at once', async () => {
    const volume = await makeSmallVolume();
    const sizes = [20, 30, 10, 25, 5, 40, 15, 3];
    const results = await Promise.allSettled(
      sizes.map((size, index) => reserveSpace(volume, wanted(`d${index}`, size * MB), running, signal)),
    );
    const promised = sizes.reduce(
      (sum, size, index) => sum + (results[index]!.status === 'fulfilled' ? size : 0),
      0,
    );
    expect(promised).toBeLessThanOrEqual(64);
    expect(promised).toBeGreaterThan(60);
  });

  it('says at once that a backup can never fit, even while nothing else runs', async () => {
    const volume = await makeSmallVolume();
    await expect(reserveSpace(volume, wanted('a', 65 * MB), running, signal)).rejects.toMatchObject({
      type: 'StagingTooSmall',
    });
  });
});

it('refuses what is larger than any volume', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  await expect(reserveSpace(volume, wanted('a', 1e18), running, signal)).rejects.toMatchObject({
    type: 'StagingTooSmall',
    message: expect.stringContaining('enlarge the staging volume') as string,
  });
});

it('is made once for one backup, however often it is asked for', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  const { freeBytes } = await readVolumeSpace(volume);
  const large = wanted('a', Math.floor(freeBytes * 0.6));
  await reserveSpace(volume, large, running, signal);
  await reserveSpace(volume, large, running, signal);
});

/** A process that a crashed worker left at work on a backup. */
async function leaveChild(volume: StagingVolume, { server, backupId }: Reservation): Promise<number> {
  const { pid } = spawn('/bin/sleep', ['1000'], { detached: true, stdio: 'ignore' });
  onTestFinished(() => void signalGroup(pid!, 'SIGKILL'));
  const attempt = join(backupDirectory(volume, server, backupId), 'dump.attempt-1');
  await mkdir(attempt, { recursive: true });
  recordChild({ directory: join(attempt, 'children') }, pid!);
  return pid!;
}

it('of a workflow that has ended is given back, with its processes and files', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  const { freeBytes } = await readVolumeSpace(volume);
  const stale = wanted('a', Math.floor(freeBytes * 0.6));
  await reserveSpace(volume, stale, running, signal);
  await write(volume, stale, 1000);
  const pid = await leaveChild(volume, stale);

  const next = wanted('b', Math.floor(freeBytes * 0.6));
  await expect(reserveSpace(volume, next, running, signal)).rejects.toMatchObject({ type: 'StagingFull' });
  expect(isAlive(pid)).toBe(true);
  await reserveSpace(volume, next, ended, signal);

  expect(isAlive(pid)).toBe(false);
  expect(await readdir(join(volume.directory, 'backups', 'main'))).toEqual([]);
});

it('asks of each other reservation whether its very run goes on', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  await reserveSpace(volume, wanted('a', 1, { workflowId: 'w1', runId: 'r1' }), running, signal);
  await reserveSpace(
    volume,
    wanted('a', 1, { server: 'other', workflowId: 'w2', runId: 'r2' }),
    running,
    signal,
  );
  const asked: string[] = [];
  await reserveSpace(
    volume,
    wanted('a', 1, { workflowId: 'w1', runId: 'r1' }),
    (workflowId, runId) => {
      asked.push(`${workflowId} ${runId}`);
      return Promise.resolve(true);
    },
    signal,
  );
  expect(asked).toEqual(['w2 r2']);
});

it('is not made when it is unknown whether others run, and the next one can be', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  await reserveSpace(volume, wanted('a', 1), running, signal);
  const lost = reserveSpace(
    volume,
    wanted('b', 1),
    () => Promise.reject(new Error('Temporal is away')),
    signal,
  );
  await expect(lost).rejects.toThrow('Temporal is away');
  const asked: string[] = [];
  await reserveSpace(
    volume,
    wanted('c', 1),
    (workflowId) => {
      asked.push(workflowId);
      return Promise.resolve(true);
    },
    signal,
  );
  expect(asked).toEqual(['w/a']);
});

it('fits the longest names that PostgreSQL allows', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  const longest = 'ü'.repeat(31);
  const reservation = wanted(encodeURIComponent(longest), 1, { server: longest });
  await reserveSpace(volume, reservation, running, signal);
  await releaseSpace(volume, reservation, signal);
});

it('of a run that begins anew takes the place of its earlier one', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  await reserveSpace(volume, wanted('first', 1, { runId: 'the run' }), running, signal);
  const made = backupDirectory(volume, 'main', wanted('first', 1).backupId);
  await mkdir(made, { recursive: true });
  await reserveSpace(volume, wanted('again', 1, { runId: 'the run' }), running, signal);
  await expect(readdir(made)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('of an ended workflow with a process that cannot be ended goes on to count, and stops no other', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  const { freeBytes } = await readVolumeSpace(volume);
  const stuck = wanted('a', Math.floor(freeBytes * 0.6));
  await reserveSpace(volume, stuck, running, signal);
  const pid = await leaveChild(volume, stuck);

  const heedSignals = ignoreSignals();
  hurryClock();
  const small = reserveSpace(volume, wanted('b', 1), ended, signal);
  const large = reserveSpace(volume, wanted('c', stuck.bytes), ended, signal);
  await small;
  await expect(large).rejects.toMatchObject({ type: 'StagingFull' });

  heedSignals();
  await reserveSpace(volume, wanted('c', stuck.bytes), ended, signal);
  expect(isAlive(pid)).toBe(false);
});

it('that is given up while it hangs holds up neither its caller nor the next one', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  await reserveSpace(volume, wanted('a', 1), running, signal);
  const stall = new AbortController();
  const never = new Promise<boolean>(() => undefined);
  const hanging = reserveSpace(volume, wanted('b', 1), () => never, stall.signal);
  const waiting = reserveSpace(volume, wanted('c', 1), running, stall.signal);
  const next = reserveSpace(volume, wanted('d', 1), running, signal);
  stall.abort(new Error('no progress'));
  await expect(hanging).rejects.toThrow('no progress');
  await expect(waiting).rejects.toThrow('no progress');
  await next;
  expect((await readdir(join(volume.directory, 'reservations', 'main'))).map((file) => file[0])).toEqual([
    'a',
    'd',
  ]);
});

it('is given back only as long as its caller waits for it', async () => {
  const volume = await openVolume(await makeScratchDirectory());
  const stuck = wanted('a', 1);
  await reserveSpace(volume, stuck, running, signal);
  await leaveChild(volume, stuck);
  ignoreSignals();
  hurryClock();
  const stall = new AbortController();
  const releasing = releaseSpace(volume, stuck, stall.signal);
  stall.abort(new Error('no progress'));
  await expect(releasing).rejects.toThrow('no progress');
});
