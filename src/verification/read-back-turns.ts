import { OperationError } from '../model/failures.js';
import type { DamagedObject, ReadObject } from '../model/verification.js';
import type { Store } from '../stores/store.js';
import { compareTurns, nameReadable, type Turn } from './plan-read-back.js';
import { readObject, type Expectation } from './read-object.js';

/** After so many damaged objects it is no use to look for more: the whole store wants looking at. */
const DAMAGED_AT_MOST = 100;

/** How far reading back has come; small enough for a heartbeat, from which another try goes on. */
export interface ReadBackState {
  /** By store: its last object that was read, in the order of turns. A replica that was lost is behind the others. */
  after: Record<string, Pick<Turn, 'turn' | 'key'>>;
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
 * Reads objects back, one after the other, and goes on in each store where an earlier try stopped. A replica that cannot be
 * used keeps none of the others from being read.
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
  const isRead = (turn: Turn) => {
    const last = state.after[turn.store];
    return last !== undefined && compareTurns(turn, { ...turn, ...last }) <= 0;
  };
  const [before, rest] = [turns.filter(isRead), turns.filter((turn) => !isRead(turn))];
  const objects = listReadBefore(before, { expectationOf, startedAt }, state.damaged);
  const lost = new Map<string, string>();
  let fault: string | undefined;
  let done = before.reduce((sum, { bytes }) => sum + bytes, 0);
  onProgress(done);
  for (const turn of rest) {
    const { store: name, key, bytes } = turn;
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
      state.after[name] = { turn: turn.turn, key };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperationError) || name === stores[0].name) throw error;
      lost.set(name, error.message);
    }
  }
  fault ??= [...lost.values()].join(' ') || undefined;
  return { objects, damaged: state.damaged, ...(fault === undefined ? {} : { fault }) };
}

/**
 * What an earlier try read and found good. What has neither a digest from a manifest nor one from an earlier reading is left
 * out: the digest that was read is lost with the try, so it has to be read again to be compared with anything.
 */
function listReadBefore(
  turns: readonly Turn[],
  { expectationOf, startedAt }: Pick<ReadBackMeans, 'expectationOf' | 'startedAt'>,
  damaged: readonly DamagedObject[],
): ReadObject[] {
  const isDamaged = new Set(damaged.map(nameReadable));
  return turns.flatMap((turn) => {
    if (isDamaged.has(nameReadable(turn))) return [];
    const { store, key, bytes } = turn;
    const expected = expectationOf(turn);
    const read = { store, key, bytes, at: startedAt.toISOString() };
    if (expected.sha256 !== undefined) return [read];
    const sha256 = expected.before?.sha256;
    return sha256 === undefined ? [] : [{ ...read, sha256 }];
  });
}
