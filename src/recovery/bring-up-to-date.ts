import { setTimeout as delay } from 'node:timers/promises';
import { holdsWalFile } from '../catalogue/holds-wal-file.js';
import { OperationError } from '../model/failures.js';
import type { Cluster } from '../model/physical-keys.js';
import { segmentName, segmentStart } from '../model/wal-segment.js';
import { administer, type AdministeredServer } from '../postgres/administer.js';
import { readWalState, switchWal } from '../postgres/wal-state.js';
import type { Store } from '../stores/store.js';

/** How often the store is asked whether a segment has come, in milliseconds. */
const INTERVAL = 500;
/** Types of what keeps a server from being asked: it is gone, or it is not the one that is meant. */
const UNREACHABLE = ['ServerUnreachable', 'AuthenticationFailed', 'InvalidConfiguration'];

/**
 * Has a live server end a transaction and the segment in which it did, and waits until that is in the store: from then on
 * the store is known to reach past now.
 *
 * @param patienceSeconds - how long the segment may take to come
 * @returns false when the server cannot be asked, or is another one by now
 * @throws OperationError `WalMissing` when the segment does not come: nobody archives the server's WAL any more
 */
export async function bringUpToDate(
  server: AdministeredServer,
  store: Store,
  cluster: Cluster,
  patienceSeconds: number,
  signal: AbortSignal,
): Promise<boolean> {
  const ended = await endSegment(server, cluster, signal).catch((error: unknown) => {
    if (error instanceof OperationError && UNREACHABLE.includes(error.type)) return undefined;
    throw error;
  });
  if (ended === undefined) return false;
  for (const begun = Date.now(); !(await holdsWalFile(store, cluster, ended, signal));) {
    if (Date.now() - begun > patienceSeconds * 1000)
      throw new OperationError(
        'WalMissing',
        `What server ${cluster.server} has written last did not come into store "${store.name}" within ${patienceSeconds} s (segment ${ended}); see "temponest-backups wal status" for who archives it.`,
      );
    await delay(INTERVAL, undefined, { signal });
  }
  return true;
}

async function endSegment(
  server: AdministeredServer,
  { systemIdentifier }: Cluster,
  signal: AbortSignal,
): Promise<string | undefined> {
  return administer(server, signal, async (client) => {
    const state = await readWalState(client);
    if (state.systemIdentifier !== systemIdentifier) return undefined;
    // A transaction without a word in it still leaves a record of its end, with the time: replay stops there.
    await client.query('SELECT txid_current()');
    const { timeline, segmentBytes, inserted } = await readWalState(client);
    await switchWal(client);
    return segmentName({ timeline, start: segmentStart(inserted - 1n, segmentBytes) }, segmentBytes);
  });
}
