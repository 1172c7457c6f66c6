import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import { isRetryable, OperationError } from '../model/failures.js';
import { parseSegmentName } from '../model/wal-segment.js';
import type { ArchiverHalf, ArchiverState, HalfEnding } from './archiver-state.js';
import { isUnfit, shipFile, type ShippingMeans } from './ship-file.js';
import { listSpool, spooledPath, type Spool } from './spool.js';

/** Files on their way at once: one is compressed while another one is sent. */
const CONCURRENCY = 2;
/** How often an empty spool is looked at, in milliseconds. */
const LOOK_INTERVAL = 200;
/** Between tries while the store cannot be reached, in milliseconds: each is longer, up to the last. */
const RETRY_DELAYS = [1000, 2000, 5000, 10_000, 30_000];

/**
 * Ships what arrives in a spool, histories first and segments in their order, until the signal is aborted. A file is
 * removed from the spool only when it is durable in the store. A store that cannot be reached is waited for.
 *
 * @returns the first segment that cannot be archived as it is; it is in the spool still
 * @throws OperationError what waiting does not mend: a store that denies, a key that is no longer usable, the history of
 * a timeline that another server has taken as well
 */
export async function shipSpool(half: ArchiverHalf, means: ShippingMeans): Promise<HalfEnding> {
  const { spool, state, signal } = half;
  for (let failures = 0; ;) {
    const { histories, segments } = await listSpool(spool);
    const names = [...histories, ...segments.map(({ name }) => name)];
    const faults = await shipSome(half, means, names);
    signal.throwIfAborted();
    const [fault] = faults;
    const segment = segments.find(({ name }) => name === fault?.name);
    if (fault && segment && isUnfit(fault.error)) {
      state.heldAt = segment.start;
      return { kind: 'unfit', segment, error: fault.error };
    }
    if (fault) await waitOrThrow(half, fault.error, failures++);
    else {
      failures = 0;
      delete state.trouble.shipping;
      if (names.length === 0) await delay(LOOK_INTERVAL, undefined, { signal });
    }
  }
}

/** Ships files until one fails; what is on its way then comes to its end. */
async function shipSome(
  { spool, state }: Pick<ArchiverHalf, 'spool' | 'state'>,
  means: ShippingMeans,
  names: readonly string[],
): Promise<{ name: string; error: unknown }[]> {
  const faults: { name: string; error: unknown }[] = [];
  await pMap(
    names,
    async (name) => {
      if (faults.length > 0) return;
      const path = spooledPath(spool, name);
      try {
        const shipped = await shipFile(spool, path, name, means);
        count(state, spool, name, shipped);
        await rm(path, { force: true });
      } catch (error) {
        faults.push({ name, error });
      }
    },
    { concurrency: CONCURRENCY },
  );
  return faults;
}

function count(
  state: ArchiverState,
  spool: Spool,
  name: string,
  { bytes, storedBytes }: { bytes: number; storedBytes: number },
): void {
  const segment = parseSegmentName(name, spool.segmentBytes);
  if (!segment) return;
  state.segments += 1;
  state.bytes += bytes;
  state.storedBytes += storedBytes;
  const end = segment.start + BigInt(spool.segmentBytes);
  if (state.shippedEnd === undefined || end > state.shippedEnd) state.shippedEnd = end;
}

async function waitOrThrow(
  { state, signal, warn }: ArchiverHalf,
  error: unknown,
  failures: number,
): Promise<void> {
  if (!(error instanceof OperationError) || !isRetryable(error.type)) throw error;
  if (state.trouble.shipping !== error.message) warn({ error: error.message }, 'WAL waits to be shipped');
  state.trouble.shipping = error.message;
  await delay(RETRY_DELAYS[failures] ?? RETRY_DELAYS.at(-1), undefined, { signal });
}
