import { holdsWalFile } from '../catalogue/holds-wal-file.js';
import { listWal } from '../catalogue/wal-archive.js';
import { timelineAt, type PastTimeline } from '../model/timeline-history.js';
import {
  parseSegmentName,
  segmentName,
  segmentStart,
  type Lsn,
  type WalSegment,
} from '../model/wal-segment.js';
import type { Store } from '../stores/store.js';
import { listSpool, type Spool } from './spool.js';

/** What a start is chosen by. */
export interface StartFacts {
  spool: Spool;
  store: Store;
  signal: AbortSignal;
}

/** The timeline that a server is on, and what led to it. */
export interface ServerPast {
  timeline: number;
  history: readonly PastTimeline[];
}

/** The segment of a position in a server's past, under the name of the newest timeline that holds it. */
export function locateSegment({ timeline, history }: ServerPast, lsn: Lsn, segmentBytes: number): WalSegment {
  const start = segmentStart(lsn, segmentBytes);
  return { timeline: timelineAt(start + BigInt(segmentBytes) - 1n, timeline, history), start };
}

/**
 * Where reception has to begin so that nothing is missing between what is in the store and what comes. Undefined to go on
 * from what is in the spool, which is so unless the spool is empty, new, or was overtaken by another host's.
 *
 * @param kept - from where on the server keeps WAL by the slot
 * @param shippedEnd - how far this run has come itself
 */
export async function chooseStart(
  facts: StartFacts,
  past: ServerPast,
  kept: Lsn,
  shippedEnd: Lsn | undefined,
): Promise<WalSegment | undefined> {
  const { spool } = facts;
  const locate = (lsn: Lsn) => locateSegment(past, lsn, spool.segmentBytes);
  const { segments, partials } = await listSpool(spool);
  const keptSegment = locate(kept);
  const inSpool = [...segments, ...partials].map(({ start }) => start).reduce(later, undefined);
  if (inSpool !== undefined) {
    const isOvertaken = inSpool < keptSegment.start && (await isArchivedUpTo(facts, keptSegment));
    return isOvertaken ? keptSegment : undefined;
  }
  if (shippedEnd !== undefined) return locate(shippedEnd);
  if (await isArchivedUpTo(facts, keptSegment)) return keptSegment;
  // Somebody has made the slot anew, or it is new to us: what was archived before says where to go on.
  const archived = await findArchivedEnd(facts, past);
  return archived === undefined || archived >= keptSegment.start ? keptSegment : locate(archived);
}

function later(one: Lsn | undefined, other: Lsn): Lsn {
  return one === undefined || other > one ? other : one;
}

/** Whether the store has the segment before: the slot is moved there only once everything before it is in the store. */
async function isArchivedUpTo(
  { spool, store, signal }: StartFacts,
  { timeline, start }: WalSegment,
): Promise<boolean> {
  const before = start - BigInt(spool.segmentBytes);
  const file = segmentName({ timeline, start: before }, spool.segmentBytes);
  return holdsWalFile(store, spool.cluster, file, signal);
}

/** The end of what is archived of the server's own past: another one may have come further, on a timeline that it left. */
async function findArchivedEnd(
  { spool: { cluster, segmentBytes }, store, signal }: StartFacts,
  past: ServerPast,
): Promise<Lsn | undefined> {
  const { segments } = await listWal(store, cluster, signal);
  const last = [...segments.keys()]
    .map((name) => ({ name, start: parseSegmentName(name, segmentBytes)!.start }))
    .filter(({ name, start }) => segmentName(locateSegment(past, start, segmentBytes), segmentBytes) === name)
    .map(({ start }) => start)
    .reduce(later, undefined);
  return last === undefined ? undefined : last + BigInt(segmentBytes);
}
