import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OperationError } from '../model/failures.js';

/** How long a process may take to end after SIGKILL, in milliseconds: to give back much memory takes a moment. */
export const KILL_PATIENCE = 10_000;

/**
 * A directory that remembers which child processes a step has started, so that whoever finds the step's leftovers
 * after a crash can end them: nothing else would, since a child outlives a parent that was killed.
 */
export interface ChildLedger {
  directory: string;
}

/**
 * A process as the kernel sees it: its group, and when it started in clock ticks since boot. Undefined when there is no
 * such process.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function readProcess(pid: number): { group: number; startTime: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in parentheses, may hold spaces; the first of these is field 3.
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not looked yet.
    if (afterName[0] === 'Z') return undefined;
    return { group: Number(afterName[2]), startTime: afterName[19]! };
  } catch {
    return undefined;
  }
}

async function isGroupAlive(group: number): Promise<boolean> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  return pids.some((pid) => readProcess(pid)?.group === group);
}

/**
 * Notes a child that leads its own process group. Nothing else happens in this process meanwhile, so that it is hardly
 * ever killed between the start of a child and its note.
 */
export function recordChild(ledger: ChildLedger, pid: number): void {
  const child = readProcess(pid);
  if (!child) return;
  mkdirSync(ledger.directory, { recursive: true });
  writeFileSync(join(ledger.directory, String(pid)), child.startTime);
}

/** Forgets a child that has ended. */
export async function forgetChild(ledger: ChildLedger, pid: number): Promise<void> {
  await rm(join(ledger.directory, String(pid)), { force: true });
}

/** Sends a signal to a process group; false when there is none. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/**
 * Ends every process group in the ledger that is still the one that was recorded (a pid that the system has given to
 * another process since is left alone), and waits until they are gone. One that stays is kept in the ledger.
 *
 * @throws OperationError `Stalled` when a process does not end although it was killed
 */
export async function endRecordedChildren(ledger: ChildLedger): Promise<void> {
  const entries = await readdir(ledger.directory).catch(() => []);
  for (const entry of entries) {
    const pid = Number(entry);
    const recorded = await readFile(join(ledger.directory, entry), 'utf8').catch(() => '');
    if (recorded === readProcess(pid)?.startTime) {
      signalGroup(pid, 'SIGKILL');
      await waitForEnd(pid);
    }
    await forgetChild(ledger, pid);
  }
}

/** Waits until a killed group is gone: each of its processes may still write to a directory that is to be removed next. */
async function waitForEnd(group: number): Promise<void> {
  const killed = Date.now();
  while (await isGroupAlive(group)) {
    // In uninterruptible sleep: it waits for a disk or a network mount, and nothing else can end it.
    if (Date.now() - killed > KILL_PATIENCE)
      throw new OperationError(
        'Stalled',
        `Process ${group} was killed and does not end; bring back the disk or network mount that it waits for, or restart the machine.`,
      );
    await delay(20);
  }
}
