import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { segmentStart, type Lsn } from '../model/wal-segment.js';
import { advanceSlot } from '../postgres/replication-slot.js';
import { readReceived, readWalState, switchWal } from '../postgres/wal-state.js';
import type { ArchiverHalf, ArchiverState } from './archiver-state.js';
import { createLagMeter, SEGMENT_HEADER_BYTES } from './lag-meter.js';
import { requireRoom } from './require-room.js';
import { listSpool, removeLeftPartials, type Spool } from './spool.js';

/** How often the server is asked where it is, in milliseconds. */
const LOOK_INTERVAL = 1000;

/** What of a server is watched. */
export interface ServerWatch {
  slot: string;
  maxAgeSeconds: number;
  /** Of our receiver. */
  applicationName: string;
}

/**
 * Watches the server until the signal is aborted: how far it is, how much of that is received and archived, and whether a
 * segment has waited too long to be full. Moves the slot to what is archived, which is the acknowledgement.
 *
 * @param client - used by nobody else
 * @returns when somebody has removed the slot
 * @throws OperationError `StagingFull` when there is too little room to receive more
 */
export async function watchServer(
  { spool, state, signal, onAlive }: ArchiverHalf,
  { slot, maxAgeSeconds, applicationName }: ServerWatch,
  client: Client,
): Promise<'slotGone'> {
  const meter = createLagMeter();
  const isOverdue = createSwitchRule(maxAgeSeconds, spool.segmentBytes);
  for (;;) {
    const { flushed, inserted } = await readWalState(client);
    await requireRoom(spool);
    const received = await readReceived(client, applicationName);
    await removeLeftPartials(spool);
    // Also where it stays: the server may give up a slot that is not used for long (idle_replication_slot_timeout).
    const archived = await advanceSlot(client, slot, (await findArchived(spool, state)) ?? 0n);
    if (archived === undefined) return 'slotGone';
    delete state.trouble.receiving;
    state.archived = archived;
    if (received !== undefined) state.received = received;
    state.server = flushed;
    const lag = meter.look(flushed, archived, Date.now());
    state.lagBytes = lag.bytes;
    state.lagSeconds = lag.seconds;
    onAlive();
    if (isOverdue(inserted, Date.now())) await switchWal(client);
    await delay(LOOK_INTERVAL, undefined, { signal });
  }
}

/**
 * Everything before it is in the primary store without a gap: of what this run has shipped, what is older than all that is
 * still in the spool. Both are needed: a listing may miss a file that is renamed meanwhile. Undefined before anything was
 * shipped.
 */
async function findArchived(spool: Spool, state: ArchiverState): Promise<Lsn | undefined> {
  // Taken before the listing, so that it is not ahead of it; what is set aside meanwhile is seen after it.
  const { shippedEnd } = state;
  if (shippedEnd === undefined) return undefined;
  const { segments, partials } = await listSpool(spool);
  const { heldAt } = state;
  const waiting = [...segments, ...partials].map(({ start }) => start);
  return [...waiting, ...(heldAt === undefined ? [] : [heldAt])].reduce(
    (earliest, start) => (start < earliest ? start : earliest),
    shippedEnd,
  );
}

/**
 * Tells, look by look, whether the segment being written should be ended early: something has been written in it, and
 * that was seen so long ago. A server on which nothing happens is left alone.
 */
export function createSwitchRule(
  maxAgeSeconds: number,
  segmentBytes: number,
): (inserted: Lsn, now: number) => boolean {
  let segment: Lsn | undefined;
  let activeSince = Number.POSITIVE_INFINITY;
  return (inserted, now) => {
    const start = segmentStart(inserted, segmentBytes);
    if (start !== segment) activeSince = Number.POSITIVE_INFINITY;
    segment = start;
    if (inserted > start + SEGMENT_HEADER_BYTES) activeSince = Math.min(activeSince, now);
    return now - activeSince >= maxAgeSeconds * 1000;
  };
}
