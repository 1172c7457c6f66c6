import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { isRetryable, OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { segmentName, type Lsn, type WalSegment } from '../model/wal-segment.js';
import { WAL_RECEIVER } from '../model/wal-plan.js';
import { withConnection } from '../postgres/connection.js';
import { receiveWal, type RefusedWal } from '../postgres/pg-receivewal.js';
import { readTimelineHistory } from '../postgres/read-timeline-history.js';
import { readSlot, renewSlot } from '../postgres/replication-slot.js';
import { readWalState } from '../postgres/wal-state.js';
import type { Store } from '../stores/store.js';
import type { ArchiverHalf, HalfEnding } from './archiver-state.js';
import { chooseStart, locateSegment, type ServerPast } from './choose-start.js';
import { recordGap, type LostWal } from './record-gap.js';
import { requireRoom } from './require-room.js';
import { beginSpoolAt, listSpool, removeLeftPartials, removePartials, type Spool } from './spool.js';
import { watchServer } from './watch-server.js';

/** Before the server is tried again, in milliseconds. */
const RECONNECT_DELAY = 1000;
/** How often a spool is looked at that is to become empty, in milliseconds. */
const DRAIN_INTERVAL = 200;

/** Where WAL is streamed from, and how. */
export interface StreamSource {
  server: ServerConnection;
  /** Connected to for what belongs to no database. */
  maintenanceDatabase: string;
  /** The primary one. */
  store: Store;
  /** Absolute path of the pg_receivewal of the server's own major version. */
  program: string;
  slot: string;
  /** A segment with activity that is older is ended early; seconds. */
  maxAgeSeconds: number;
}

/**
 * Receives the server's WAL into the spool until the signal is aborted, and lets the server remove what is in the store.
 * A server that is down is waited for.
 *
 * @returns what keeps it from going on without a gap
 * @throws OperationError what waiting does not mend: a password, a role
 */
export async function streamWal(half: ArchiverHalf, source: StreamSource): Promise<HalfEnding> {
  const { state, signal, warn, onAlive } = half;
  for (;;) {
    try {
      const ending = await withConnection(source.server, source.maintenanceDatabase, signal, (client) =>
        streamOnce(half, source, client),
      );
      if (ending) return ending;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperationError) || !isRetryable(error.type)) throw error;
      if (state.trouble.receiving !== error.message) warn({ error: error.message }, 'WAL is not received');
      state.trouble.receiving = error.message;
    }
    onAlive();
    await delay(RECONNECT_DELAY, undefined, { signal });
  }
}

/** One connection's time. Undefined to begin again, from another position. */
async function streamOnce(
  half: ArchiverHalf,
  source: StreamSource,
  client: Client,
): Promise<HalfEnding | undefined> {
  const { spool, state, signal } = half;
  await requireRoom(spool);
  const wal = await readWalState(client);
  if (wal.systemIdentifier !== spool.cluster.systemIdentifier) return { kind: 'otherCluster' };
  const { server, maintenanceDatabase, store } = source;
  const history = await readTimelineHistory(server, maintenanceDatabase, wal.timeline, signal);
  const past = { timeline: wal.timeline, history };
  await removeLeftPartials(spool);
  const slot = (await readSlot(client, source.slot)) ?? (await renewSlot(client, source.slot));
  const start = await chooseStart({ spool, store, signal }, past, slot.restart, state.shippedEnd);
  if (start) await begin(half, start);
  state.archived ??= slot.restart;
  const refused = await receiveAndWatch(half, source, client);
  if (refused === 'slotGone') return;
  if (refused === 'forked') return followFork(half, past);
  return skipRemoved(half, source, past, client);
}

async function receiveAndWatch(
  half: ArchiverHalf,
  source: StreamSource,
  client: Client,
): Promise<RefusedWal | 'slotGone'> {
  const { spool } = half;
  const over = new AbortController();
  const signal = AbortSignal.any([half.signal, over.signal]);
  const ledger = { directory: spool.children };
  const options = { program: source.program, applicationName: WAL_RECEIVER };
  const receiving = receiveWal(source.server, spool.directory, options, { signal, ledger });
  const watching = watchServer({ ...half, signal }, { ...source, applicationName: WAL_RECEIVER }, client);
  try {
    return await Promise.race([receiving, watching]);
  } finally {
    over.abort();
    await Promise.allSettled([receiving, watching]);
  }
}

/** Has pg_receivewal begin elsewhere, once every whole segment is in the store. */
async function begin(half: ArchiverHalf, start: WalSegment): Promise<void> {
  await drain(half);
  await beginSpoolAt(half.spool, start);
}

async function drain({ spool, signal, onAlive }: ArchiverHalf): Promise<void> {
  while ((await listSpool(spool)).segments.length > 0) {
    onAlive();
    await delay(DRAIN_INTERVAL, undefined, { signal });
  }
}

/** Where pg_receivewal wanted to go on. */
async function findPosition(spool: Spool): Promise<WalSegment | undefined> {
  const { segments, partials } = await listSpool(spool);
  const size = BigInt(spool.segmentBytes);
  return [...segments.map(({ timeline, start }) => ({ timeline, start: start + size })), ...partials]
    .sort((a, b) => (a.start < b.start ? -1 : 1))
    .at(-1);
}

/**
 * The server left our timeline before the place that we had reached on it: what it wrote since is on the new one. Or it was
 * never on ours, being recovered anew from before that one began: what the store has of its own past says where to begin.
 */
async function followFork(half: ArchiverHalf, past: ServerPast): Promise<undefined> {
  const position = await findPosition(half.spool);
  const left = past.history.find(({ timeline }) => timeline === position?.timeline);
  await drain(half);
  if (left) await beginSpoolAt(half.spool, locateSegment(past, left.end, half.spool.segmentBytes));
  else await removePartials(half.spool);
  // What was shipped lies after the fork, where the server may not be yet.
  delete half.state.shippedEnd;
}

/** The server has removed what comes next: a gap, after which the slot says from where on there is WAL again. */
async function skipRemoved(
  half: ArchiverHalf,
  { slot, store }: StreamSource,
  past: ServerPast,
  client: Client,
): Promise<HalfEnding | undefined> {
  const { spool, signal } = half;
  const locate = (lsn: Lsn) => locateSegment(past, lsn, spool.segmentBytes);
  const position = await findPosition(spool);
  const kept = await readSlot(client, slot);
  const isAhead = position && kept && locate(kept.restart).start > position.start;
  const next = locate((isAhead ? kept : await renewSlot(client, slot)).restart);
  let gap: LostWal | undefined;
  if (position && next.start > position.start) {
    gap = {
      timeline: position.timeline,
      first: segmentName(locate(position.start), spool.segmentBytes),
      from: position.start,
      to: next.start,
      reason: 'the server had removed it before it was archived',
    };
    await recordGap(store, spool.cluster, gap, signal);
  }
  await begin(half, next);
  return gap && { kind: 'gap', gap };
}
