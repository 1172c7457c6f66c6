import { OperationError } from '../model/failures.js';
import type { DamagedObject, ReadObject } from '../model/verification.js';
import type { Store } from '../stores/store.js';
import { compareTurns, nameReadable, type Turn } from './plan-read-back.js';
import { readObject, type Expectation } from './read-object.js';

/** After so many damaged objects it is no use to look for more: the whole store wants looking at. */
const DAMAGED_AT_MOST = 100;

/** How far reading back has come; small enough for a heartbeat, from which another try goes on. */
export interface ReadBackState {
  /** The last object that was read, in the order of turns. */
  after?: Pick<Turn, 'turn' | 'store' | 'key'>;
  damaged: DamagedObject[];
}

/** By what means objects are read, and what they should be. */
export interface ReadBackMeans {
  /** By their names; the first is the primary. */
  stores: readonly [Store, ...Store[]];
  expectationOf: (turn: Turn) => Expectation;
  /** What an earlier try read counts from then. */
  startedAt: Date;
  /** When it ends, however far it has come. */
  until: Date;
}

/** What came of reading back. */
export interface ReadBackOutcome {
  objects: ReadObject[];
  damaged: DamagedObject[];
  /** Why it ended before its portion was read. */
  fault?: string;
}

/**
 * Reads objects back, one after the other, and goes on where an earlier try stopped. A replica that cannot be used keeps
 * none of the others from being read.
 *
 * @param state - kept up to date, for the heartbeat
 * @param onProgress - gets the bytes read, those of earlier tries included
 * @throws OperationError when the primary store cannot be used
 */
export async function readBackTurns(
  turns: readonly Turn[],
  { stores, expectationOf, startedAt, until }: ReadBackMeans,
  state: ReadBackState,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (bytes: number) => void },
): Promise<ReadBackOutcome> {
  const objects: ReadObject[] = [];
  const isDamaged = (turn: Turn) => state.damaged.some((other) => nameReadable(other) === nameReadable(turn));
  const lost = new Map<string, string>();
  let fault: string | undefined;
  let done = 0;
  const begun = state.after;
  for (const turn of turns) {
    const { store: name, key, bytes } = turn;
    if (begun && compareTurns(turn, { ...turn, ...begun }) <= 0) {
      if (!isDamaged(turn)) objects.push({ store: name, key, bytes, at: startedAt.toISOString() });
      onProgress((done += bytes));
      continue;
    }
    if (new Date() >= until) fault = 'its time was up; the rest comes first the next time';
    if (state.damaged.length >= DAMAGED_AT_MOST)
      fault = `it was ended after ${DAMAGED_AT_MOST} damaged objects; look at the store itself`;
    if (fault !== undefined) break;
    if (lost.has(name)) continue;
    try {
      const store = stores.find((candidate) => candidate.name === name)!;
      const expected = expectationOf(turn);
      const report = (read: number) => onProgress(done + read);
      const reading = await readObject(store, expected, { signal, onProgress: report });
      if (reading.outcome === 'damaged')
        state.damaged.push({ store: name, key, severity: reading.severity, fault: reading.fault });
      if (reading.outcome === 'read')
        objects.push({
          ...{ store: name, key, bytes, at: new Date().toISOString() },
          ...(expected.sha256 === undefined ? { sha256: reading.sha256 } : {}),
        });
      done += bytes;
      state.after = { turn: turn.turn, store: name, key };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperationError) || name === stores[0].name) throw error;
      lost.set(name, error.message);
    }
  }
  fault ??= [...lost.values()].join(' ') || undefined;
  return { objects, damaged: state.damaged, ...(fault === undefined ? {} : { fault }) };
}
