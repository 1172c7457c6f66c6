import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { measureDirectory } from '../files/measure-directory.js';
import { OperationError } from '../model/failures.js';
import { encodeName } from '../model/names.js';
import { readJson, writeJson } from './json-file.js';
import { discardStaging } from './step.js';
import { backupDirectory, readVolumeSpace, type StagingVolume } from './volume.js';

/** One backup as its staging volume knows it. */
interface BackupOnVolume {
  server: string;
  backupId: string;
}

/** Space on a staging volume promised to one backup, for as long as its workflow runs. */
export interface Reservation extends BackupOnVolume {
  bytes: number;
  workflowId: string;
  runId: string;
}

function reservationFile(volume: StagingVolume, { server, backupId }: BackupOnVolume): string {
  // A folder for the server: two encoded names together may be longer than the name of one file.
  return join(volume.directory, 'reservations', encodeName(server), `${backupId}.json`);
}

async function listReservations(volume: StagingVolume): Promise<Reservation[]> {
  const entries = await readdir(join(volume.directory, 'reservations'), {
    withFileTypes: true,
    recursive: true,
  });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.json'));
  const reservations = await Promise.all(
    files.map(({ parentPath, name }) => readJson<Reservation>(join(parentPath, name))),
  );
  return reservations.filter((reservation) => reservation !== undefined);
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;

/** Reservations are made one after another: two that are checked at once would both find the same space free. */
const queues = new Map<string, Promise<unknown>>();

function oneAtATime<T>(volume: StagingVolume, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(volume.id) ?? Promise.resolve()).then(() => {
    signal.throwIfAborted();
    return work();
  });
  const result = untilAborted(signal, turn);
  // Whoever is given up makes room for the next, whatever it hangs on.
  queues.set(
    volume.id,
    result.catch(() => undefined),
  );
  return result;
}

/** Settles as `work` does, or rejects with the signal's reason when that comes first: a dead disk never answers. */
async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let onAbort = () => undefined as void;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Reserves space for a backup, so that databases in flight together never overcommit the volume. A second call for the
 * same backup answers like the first.
 *
 * What is free is counted as if every other reservation were filled already, less what those have written so far.
 *
 * @param isRunning - tells whether the workflow that holds a reservation still runs; the leftovers of one that does
 * not (terminated, or its server lost) are ended and removed, or count like a running one's as long as they cannot be
 * @param signal - gives it up, also while it waits for others; it then rejects with the signal's reason
 * @throws OperationError `StagingFull` when others must finish first, `StagingTooSmall` when it can never fit
 */
export async function reserveSpace(
  volume: StagingVolume,
  wanted: Reservation,
  isRunning: (workflowId: string, runId: string) => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  await oneAtATime(volume, signal, async () => {
    const others: Reservation[] = [];
    for (const reservation of await listReservations(volume)) {
      const isOurs = reservation.server === wanted.server && reservation.backupId === wanted.backupId;
      if (isOurs) continue;
      // A run that begins anew, because its files were lost, has no use for what it reserved before.
      const isOver =
        reservation.runId === wanted.runId || !(await isRunning(reservation.workflowId, reservation.runId));
      if (!isOver || !(await canRelease(volume, reservation))) others.push(reservation);
    }
    let promised = 0;
    for (const other of others) {
      const written = await measureDirectory(backupDirectory(volume, other.server, other.backupId));
      promised += Math.max(0, other.bytes - written);
    }
    const { freeBytes, totalBytes } = await readVolumeSpace(volume);
    if (wanted.bytes > totalBytes)
      throw new OperationError(
        'StagingTooSmall',
        `Backup ${wanted.backupId} needs ${gigabytes(wanted.bytes)} of staging and ${volume.directory} has ${gigabytes(totalBytes)} in all; enlarge the staging volume.`,
      );
    const already = await measureDirectory(backupDirectory(volume, wanted.server, wanted.backupId));
    if (wanted.bytes - already > freeBytes - promised)
      throw new OperationError(
        'StagingFull',
        `Backup ${wanted.backupId} needs ${gigabytes(wanted.bytes)} of staging and ${volume.directory} has ${gigabytes(Math.max(0, freeBytes - promised))} left beside ${others.length} backups in flight; free space, or wait for them.`,
      );
    signal.throwIfAborted();
    const file = reservationFile(volume, wanted);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeJson(file, wanted);
  });
}

/**
 * Ends what a backup left running, removes its files and gives its space back. Idempotent.
 *
 * @param signal - gives it up; it then rejects with the signal's reason
 * @throws OperationError `Stalled` when a process of the backup cannot be ended; its files and its reservation then stay
 */
export async function releaseSpace(
  volume: StagingVolume,
  backup: BackupOnVolume,
  signal: AbortSignal,
): Promise<void> {
  await untilAborted(signal, release(volume, backup));
}

async function release(volume: StagingVolume, backup: BackupOnVolume): Promise<void> {
  await discardStaging(backupDirectory(volume, backup.server, backup.backupId));
  await rm(reservationFile(volume, backup), { force: true });
}

/** Releases a leftover's space unless one of its processes cannot be ended, which is no reason to begin no other backup. */
async function canRelease(volume: StagingVolume, leftover: Reservation): Promise<boolean> {
  try {
    await release(volume, leftover);
    return true;
  } catch (error) {
    if (error instanceof OperationError && error.type === 'Stalled') return false;
    throw error;
  }
}
