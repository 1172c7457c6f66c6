import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { holdsWalFile } from '../catalogue/holds-wal-file.js';
import type { Canary, CanaryFlight } from '../model/disaster-drill.js';
import { formatLsn, parseLsn, segmentName, segmentStart } from '../model/wal-segment.js';
import type { AdministeredServer } from '../postgres/administer.js';
import { withConnection } from '../postgres/connection.js';
import { readReceived, readWalState } from '../postgres/wal-state.js';
import type { Store } from '../stores/store.js';

/** How often it is looked for, in milliseconds. */
const INTERVAL = 250;

/**
 * Commits a transaction on a live server that changes nothing in it, and looks for it where WAL is kept: how long it takes
 * to come there is what the loss of the server, or of the server and the host that archives, would have cost.
 *
 * @param receiver - application name of what receives the server's WAL
 * @param store - where it is archived
 * @param patienceSeconds - how long the archive is waited for
 */
export async function sendCanary(
  { server, maintenanceDatabase }: AdministeredServer,
  receiver: string,
  store: Store,
  patienceSeconds: number,
  signal: AbortSignal,
): Promise<{ canary: Canary; flight: CanaryFlight }> {
  return withConnection(server, maintenanceDatabase, signal, async (client) => {
    const canary = await commitCanary(client);
    const committed = Date.now();
    const { segment, systemIdentifier, lsn } = canary;
    const cluster = { server: server.name, systemIdentifier };
    const flight: CanaryFlight = {};
    for (;;) {
      const seconds = (Date.now() - committed) / 1000;
      const received = await readReceived(client, receiver);
      if (received !== undefined && received >= parseLsn(lsn)!) flight.receivedAfterSeconds ??= seconds;
      if (await holdsWalFile(store, cluster, segment, signal)) flight.archivedAfterSeconds = seconds;
      if (flight.archivedAfterSeconds !== undefined || seconds > patienceSeconds) return { canary, flight };
      await delay(INTERVAL, undefined, { signal });
    }
  });
}

async function commitCanary(client: Client): Promise<Canary> {
  // Whatever the server does by default, this commit is waited for until it is on its own disk.
  await client.query('SET synchronous_commit = local');
  // With a message in it, that goes for the transaction as for one with data.
  const { rows } = await client.query<{ id: string }>(
    `SELECT txid_current()::text AS id, pg_logical_emit_message(true, 'temponest-backups', 'canary')`,
  );
  const { systemIdentifier, timeline, segmentBytes, flushed } = await readWalState(client);
  return {
    transactionId: rows[0]!.id,
    committedAt: new Date().toISOString(),
    lsn: formatLsn(flushed),
    segment: segmentName({ timeline, start: segmentStart(flushed - 1n, segmentBytes) }, segmentBytes),
    systemIdentifier,
  };
}
