import { setTimeout as delay } from 'node:timers/promises';
import { withEncryption, type GpgRecipients } from '../archive/gpg.js';
import type { OperationError } from '../model/failures.js';
import { endRecordedChildren } from '../programs/child-ledger.js';
import type { PipelineProgram } from '../programs/run-pipeline.js';
import type { Store } from '../stores/store.js';
import type { ArchiverHalf, ArchiverState, HalfEnding } from './archiver-state.js';
import { recordGap, type LostWal } from './record-gap.js';
import type { ShippingMeans } from './ship-file.js';
import { shipSpool } from './ship-spool.js';
import {
  beginSpoolAt,
  clearOutgoing,
  listSpool,
  rewindSpool,
  setAside,
  type Spool,
  type SpooledSegment,
} from './spool.js';
import { streamWal, type StreamSource } from './stream-wal.js';
import { watchArchivedServer, type ArchivedServer } from './watch-archived-server.js';

/** Where WAL comes from, and the store that it goes to: by a stream, or put into the spool by the server itself. */
export type WalSource = (({ kind: 'stream' } & StreamSource) | ({ kind: 'archive' } & ArchivedServer)) & {
  store: Store;
};

/** What is archived, from where to where. */
export interface ArchiverOptions {
  spool: Spool;
  source: WalSource;
  means: Omit<ShippingMeans, 'signal' | 'encrypt' | 'store'>;
  /** Left out where nothing is encrypted. */
  keys?: GpgRecipients | undefined;
  /** When to stop, if nothing else happens before, in seconds. */
  seconds: number;
}

/** Why an archiver stopped. */
export type ArchiverEnding =
  { kind: 'timeIsOver' } | { kind: 'gap'; gap: LostWal } | { kind: 'otherCluster' };

/** A state in which nothing has been done yet. */
export function beginState(): ArchiverState {
  return { segments: 0, bytes: 0, storedBytes: 0, lagBytes: 0, lagSeconds: 0, aside: [], trouble: {} };
}

/**
 * Archives a server's WAL: receives it into the spool and ships it from there to the store, at the same time, until its
 * time is over, WAL is found to be lost, or the server turns out to be another one.
 *
 * @param state - kept up to date
 * @throws OperationError what waiting does not mend
 */
export async function archiveWal(
  { spool, source, means, keys, seconds }: ArchiverOptions,
  state: ArchiverState,
  run: Pick<ArchiverHalf, 'signal' | 'warn' | 'onAlive'>,
): Promise<ArchiverEnding> {
  // What a worker that was killed has left, would else write beside what is started here.
  await endRecordedChildren({ directory: spool.children });
  await clearOutgoing(spool);
  const half = { spool, state, ...run };
  const { store } = source;
  const until = Date.now() + seconds * 1000;
  const archive = async (encrypt?: PipelineProgram): Promise<ArchiverEnding> => {
    const received = new Set<string>();
    for (;;) {
      const ending = await runHalves(half, source, { ...means, store, encrypt }, until);
      if (ending.kind !== 'unfit') return ending;
      const { segment, error } = ending;
      state.aside.push(segment.name);
      run.warn({ segment: segment.name, error: error.message }, 'a WAL segment is set aside');
      // The server has it still: what was received may be damaged here only.
      const isWorthAnother =
        source.kind === 'stream' && error.type === 'ArtifactDamaged' && !received.has(segment.name);
      if (!isWorthAnother) return { kind: 'gap', gap: await giveUp(half, source, segment, error) };
      received.add(segment.name);
      await setAside(spool, segment.name);
      await rewindSpool(spool, segment);
      delete state.heldAt;
    }
  };
  if (!keys) return archive();
  return withEncryption(keys, spool.outgoing, means.programDirectories, run, archive);
}

/** Runs both halves until one of them comes to an end, or the time is over; the other one has ended then too. */
async function runHalves(
  half: ArchiverHalf,
  source: WalSource,
  means: Omit<ShippingMeans, 'signal'>,
  until: number,
): Promise<HalfEnding | { kind: 'timeIsOver' }> {
  const over = new AbortController();
  const signal = AbortSignal.any([half.signal, over.signal]);
  const both = { ...half, signal };
  const running = [
    source.kind === 'stream' ? streamWal(both, source) : watchArchivedServer(both, source),
    shipSpool(both, { ...means, signal }),
    delay(Math.max(0, until - Date.now()), { kind: 'timeIsOver' as const }, { signal }),
  ];
  try {
    return await Promise.race(running);
  } finally {
    over.abort();
    await Promise.allSettled(running);
  }
}

/**
 * Puts on record that a segment is lost, and goes on after it. On record first: when this is interrupted, the segment is still
 * there to be found again.
 */
async function giveUp(
  { spool, signal }: ArchiverHalf,
  { store, kind }: WalSource,
  { name, timeline, start }: SpooledSegment,
  { message }: OperationError,
): Promise<LostWal> {
  const gap = {
    timeline,
    first: name,
    from: start,
    to: start + BigInt(spool.segmentBytes),
    reason: message,
  };
  await recordGap(store, spool.cluster, gap, signal);
  await setAside(spool, name);
  const { segments, partials } = await listSpool(spool);
  const isEmpty = segments.length + partials.length === 0;
  if (kind === 'stream' && isEmpty) await beginSpoolAt(spool, { timeline, start: gap.to });
  return gap;
}
