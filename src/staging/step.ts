import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { hasCode } from '../files/has-code.js';
import { endRecordedChildren, type ChildLedger } from '../programs/child-ledger.js';
import { readJson, writeJson } from './json-file.js';

/** Where one attempt at a step works. Everything in it becomes the step's own when the attempt succeeds. */
export interface StepAttempt {
  directory: string;
  ledger: ChildLedger;
}

const ATTEMPT = '.attempt-';
const RESULT = 'result.json';

/** Where a completed step's files lie. */
export function stepDirectory(backupDirectory: string, step: string): string {
  return join(backupDirectory, step);
}

/** Where an attempt notes its children. */
const ledgerOf = (attempt: string): ChildLedger => ({ directory: join(attempt, 'children') });

/** Ends the children of an attempt and removes what it made; both stay when a child does not end. */
async function discardAttempt(directory: string): Promise<void> {
  await endRecordedChildren(ledgerOf(directory));
  await rm(directory, { recursive: true, force: true });
}

/** Discards all earlier attempts at `step`, or at any step. */
async function discardAttempts(backupDirectory: string, step = ''): Promise<void> {
  const entries = await readdir(backupDirectory).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  for (const entry of entries) {
    if (entry.includes(`${step}${ATTEMPT}`)) await discardAttempt(join(backupDirectory, entry));
  }
}

/**
 * Does a step once. The attempt works in a directory of its own; renaming that directory to the step's name is what
 * completes the step, so after a crash it is either all there or not at all. A step that is there already is not done
 * again: its recorded result is the answer.
 *
 * An attempt that fails, or was left by a crash, is removed together with the processes it started.
 *
 * Nothing is synced to disk, which would cost as much as the dump itself: after a crash of the machine, as opposed to one
 * of the process, the whole of staging is thrown away ({@link openVolume}).
 *
 * @param make - makes the step's files in the attempt's directory and returns a JSON-able result
 */
export async function completeStep<T>(
  backupDirectory: string,
  step: string,
  make: (attempt: StepAttempt) => Promise<T>,
): Promise<T> {
  const done = stepDirectory(backupDirectory, step);
  const recorded = await readJson<T>(join(done, RESULT));
  if (recorded !== undefined) return recorded;

  await mkdir(backupDirectory, { recursive: true, mode: 0o700 });
  await discardAttempts(backupDirectory, step);
  const directory = join(backupDirectory, `${step}${ATTEMPT}${randomUUID()}`);
  await mkdir(directory, { mode: 0o700 });
  try {
    const ledger = ledgerOf(directory);
    const result = await make({ directory, ledger });
    await rm(ledger.directory, { recursive: true, force: true });
    await writeJson(join(directory, RESULT), result);
    await rename(directory, done);
    return result;
  } catch (error) {
    // What a process keeps from being removed is left to the next attempt, which then says so.
    await discardAttempt(directory).catch(() => undefined);
    // An earlier attempt that was given up, and went on all the same, was faster.
    const others = await readJson<T>(join(done, RESULT));
    if (others !== undefined) return others;
    throw error;
  }
}

/** Ends everything that works in a backup's staging directory and removes it. Idempotent. */
export async function discardStaging(backupDirectory: string): Promise<void> {
  await discardAttempts(backupDirectory);
  await rm(backupDirectory, { recursive: true, force: true });
}
