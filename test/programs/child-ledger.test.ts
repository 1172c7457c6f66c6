import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  endRecordedChildren,
  forgetChild,
  recordChild,
  signalGroup,
  type ChildLedger,
} from '../../src/programs/child-ledger.js';
import { hurryClock } from '../support/hurry-clock.js';
import { ignoreSignals } from '../support/ignore-signals.js';
import { isAlive } from '../support/is-alive.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { waitUntil } from '../support/wait-until.js';

async function makeLedger(): Promise<ChildLedger> {
  return { directory: join(await makeScratchDirectory(), 'children') };
}

/** A process that leads a group of its own, ended with the test. */
function startLeader(script = 'exec sleep 1000'): { pid: number; ended: Promise<unknown> } {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' });
  const pid = child.pid!;
  onTestFinished(() => void signalGroup(pid, 'SIGKILL'));
  return { pid, ended: once(child, 'exit') };
}

it('ends every process that was recorded and not forgotten', async () => {
  const ledger = await makeLedger();
  const leaders = [startLeader(), startLeader(), startLeader()];
  for (const { pid } of leaders) recordChild(ledger, pid);
  await forgetChild(ledger, leaders[0]!.pid);

  await endRecordedChildren(ledger);

  expect(leaders.map(({ pid }) => isAlive(pid))).toEqual([true, false, false]);
  expect(await readdir(ledger.directory)).toEqual([]);
});

it('waits until the whole group is gone', async () => {
  const ledger = await makeLedger();
  const pids = join(await makeScratchDirectory(), 'pids');
  const members = 20;
  const member = `sh -c 'trap "" TERM; echo $$ >>${pids}; while :; do sleep 0.01; done' &`;
  const { pid } = startLeader(`for i in $(seq ${members}); do ${member} done; wait`);
  const readPids = async () => (await readFile(pids, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  await waitUntil('all members run', async () => (await readPids()).length === members);
  recordChild(ledger, pid);

  await endRecordedChildren(ledger);

  expect((await readPids()).filter((member) => isAlive(Number(member)))).toEqual([]);
});

it('gives up a process that does not end, names it, and finds it again the next time', async () => {
  const ledger = await makeLedger();
  const { pid } = startLeader();
  recordChild(ledger, pid);

  const heedSignals = ignoreSignals();
  hurryClock();
  const ending = endRecordedChildren(ledger);
  await expect(ending).rejects.toMatchObject({
    type: 'Stalled',
    message: expect.stringMatching(
      `^Process ${pid} was killed and does not end; .*restart the machine`,
    ) as string,
  });
  expect(await readdir(ledger.directory)).toEqual([String(pid)]);

  heedSignals();
  await endRecordedChildren(ledger);
  expect(isAlive(pid)).toBe(false);
});

it('leaves a process alone that got the id of a recorded one', async () => {
  const ledger = await makeLedger();
  const { pid } = startLeader();
  recordChild(ledger, pid);
  await writeFile(join(ledger.directory, String(pid)), '1');

  await endRecordedChildren(ledger);

  expect(isAlive(pid)).toBe(true);
  expect(await readdir(ledger.directory)).toEqual([]);
});

it('takes a record that a crash cut short for no record', async () => {
  const ledger = await makeLedger();
  const { pid } = startLeader();
  recordChild(ledger, pid);
  await writeFile(join(ledger.directory, String(pid)), '');

  await endRecordedChildren(ledger);

  expect(isAlive(pid)).toBe(true);
});

it('is content with a process that has ended, and with no ledger at all', async () => {
  const ledger = await makeLedger();
  await endRecordedChildren(ledger);
  const { pid, ended } = startLeader('exit 0');
  await ended;
  recordChild(ledger, pid);
  await forgetChild(ledger, pid);
  await endRecordedChildren(ledger);
  expect(signalGroup(pid, 'SIGTERM')).toBe(false);
});
