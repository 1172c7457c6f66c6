/** An object that is to be read back whole from time to time. */
export interface Readable {
  store: string;
  key: string;
  bytes: number;
  /** When it was stored. */
  storedAt: Date;
}

/** What is to be read back, and what is known of when it last was. */
export interface ReadBackRequest {
  objects: readonly Readable[];
  /** When each was last read, by {@link nameReadable}. */
  lastReads: ReadonlyMap<string, Date>;
  /** Names of those that were found damaged, and may have been made good. */
  damaged: ReadonlySet<string>;
  /** Everything is read within so many days, when it is verified every day. */
  days: number;
  /** When reading back began at all: what was never read was not missed before that. */
  begunAt: Date;
  now: Date;
}

/** An object whose turn it is; the order of turns is that of `turn`, then of the names. */
export interface Turn extends Readable {
  /** Since when it is unread, in milliseconds since 1970; 0 for one that was damaged. */
  turn: number;
}

/** What tells an object of one store from that of another. */
export const nameReadable = ({ store, key }: Pick<Readable, 'store' | 'key'>) => `${store} ${key}`;

const DAY = 86_400_000;

/**
 * Decides what is read back now: those first that are unread for longest, until it is the share of one day, by bytes, so
 * that every day reads about as much; twice that while something has waited longer than it should. What was damaged is
 * always read again beside that.
 *
 * A given request has one answer, and what is deleted meanwhile does not change the order of the rest.
 */
export function planReadBack(request: ReadBackRequest): Turn[] {
  const { objects, damaged, days, now } = request;
  const turns = objects.map((object) => ({ ...object, turn: turnOf(object, request) })).sort(compareTurns);
  const waiting = turns.filter((object) => !damaged.has(nameReadable(object)));
  const total = waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  const isLate = waiting.some((object) => isOverdue(object, request, now));
  const share = (total / days) * (isLate ? 2 : 1);
  let read = 0;
  const portion = waiting.filter(({ bytes }) => {
    if (read >= share) return false;
    read += bytes;
    return true;
  });
  return [...turns.filter((object) => damaged.has(nameReadable(object))), ...portion];
}

/** The order in which objects are read. */
export function compareTurns(one: Turn, other: Turn): number {
  const [a, b] = [nameReadable(one), nameReadable(other)];
  return one.turn - other.turn || (a < b ? -1 : a > b ? 1 : 0);
}

function turnOf(object: Readable, { lastReads, damaged }: ReadBackRequest): number {
  const name = nameReadable(object);
  return damaged.has(name) ? 0 : (lastReads.get(name) ?? object.storedAt).getTime();
}

function isOverdue(object: Turn, { lastReads, begunAt, days }: ReadBackRequest, now: Date): boolean {
  const since = lastReads.get(nameReadable(object)) ?? new Date(Math.max(object.turn, begunAt.getTime()));
  return now.getTime() - since.getTime() > (days + 1) * DAY;
}
