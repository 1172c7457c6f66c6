import pMap from 'p-map';
import { OperationError, type FailureType } from '../model/failures.js';
import { parseBaseKey } from '../model/physical-keys.js';
import type { TransferOptions } from '../stores/store.js';
import { copyUnit, type Replication } from './copy-unit.js';
import { findLacking, type LackingUnit } from './find-lacking.js';
import { listObjects } from './list-objects.js';

/** From this size on, units are copied one after the other: each of them keeps the network busy by itself. */
const LARGE_BYTES = 32 * 1024 ** 2;
/** Smaller ones on their way at once: what they take is mostly the way there and back. */
const SMALL_AT_ONCE = 4;

/** Failures that are of one object, and keep no other one from being copied. */
const OF_ONE_OBJECT: readonly FailureType[] = [
  'ArtifactDamaged',
  'StoreConflict',
  'StoreNotFound',
  'ManifestUnreadable',
];

/** What was copied, and what could not be. */
export interface Copied {
  objects: number;
  bytes: number;
  /** What people have to look at: damaged in the primary, or something else in the replica. */
  faults: { key: string; message: string }[];
}

/** How far a pass has come. */
export interface CopyProgress extends TransferOptions {
  /** Told what there is to do before the first byte is copied. */
  onPlan: (lacking: { objects: number; bytes: number }) => void;
  /** Told how many objects have arrived. */
  onCopied: (objects: number) => void;
  /** Called when something is done that is not counted in bytes. */
  onAlive: () => void;
}

/**
 * Copies to a replica what it lacks of the primary, the oldest first, backups by their manifests. What is damaged, or in
 * conflict, is left out and named. It may be interrupted anywhere, and called again.
 */
export async function copyLacking(
  stores: Replication,
  server: string,
  { signal, onProgress, onPlan, onCopied, onAlive }: CopyProgress,
): Promise<Copied> {
  const primary = await listObjects(stores.primary, server, signal);
  onAlive();
  const { lacking, different } = findLacking(primary, await listObjects(stores.replica, server, signal));
  onPlan({
    objects: lacking.reduce((sum, { objects }) => sum + objects.length, 0),
    bytes: lacking.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  const copied: Copied = {
    objects: 0,
    bytes: 0,
    faults: different.map((key) => ({ key, message: describeConflict(stores, key) })),
  };
  const failure = new AbortController();
  const both = AbortSignal.any([signal, failure.signal]);
  const inFlight = new Map<LackingUnit, number>();
  const report = () => onProgress(copied.bytes + [...inFlight.values()].reduce((sum, done) => sum + done, 0));
  const copy = async (unit: LackingUnit) => {
    try {
      await copyUnit(stores, unit, {
        signal: both,
        onProgress: (done) => {
          inFlight.set(unit, Math.min(done, unit.bytes));
          report();
        },
      });
      copied.objects += unit.objects.length;
      copied.bytes += unit.bytes;
      onCopied(copied.objects);
    } catch (error) {
      both.throwIfAborted();
      if (!(error instanceof OperationError) || !OF_ONE_OBJECT.includes(error.type)) throw error;
      if (await isPruned(stores, unit, signal)) return;
      if (!different.includes(unit.key)) copied.faults.push({ key: unit.key, message: error.message });
    } finally {
      inFlight.delete(unit);
      report();
      onAlive();
    }
  };
  const isBase = ({ key }: LackingUnit) => parseBaseKey(key) !== undefined;
  const isLarge = ({ bytes }: LackingUnit) => bytes >= LARGE_BYTES;
  const others = lacking.filter((unit) => !isBase(unit));
  const small = others.filter((unit) => !isLarge(unit));
  const lanes = [
    pMap(others.filter(isLarge), copy, { concurrency: 1, signal: both }),
    pMap(small, copy, { concurrency: SMALL_AT_ONCE, signal: both }),
  ];
  // The first failure ends what the other lane does, and is the one that is told.
  await Promise.all(lanes).catch((error: unknown) => failure.abort(error));
  await Promise.allSettled(lanes);
  both.throwIfAborted();
  // A base backup exists only where the WAL is that it cannot be recovered without: the primary had all of it before.
  for (const unit of lacking.filter(isBase)) await copy(unit);
  return copied;
}

/** Whether something of a unit was deleted since it was listed. */
async function isPruned(
  { primary }: Replication,
  { objects }: LackingUnit,
  signal: AbortSignal,
): Promise<boolean> {
  for (const { key } of objects) if (!(await primary.describe(key, signal))) return true;
  return false;
}

const describeConflict = ({ primary, replica }: Replication, key: string) =>
  `${key} has another size in store "${replica.name}" than in "${primary.name}"; find out which of them is whole, and remove the other.`;
