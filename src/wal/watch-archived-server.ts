import { setTimeout as delay } from 'node:timers/promises';
import { isRetryable, OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { withConnection } from '../postgres/connection.js';
import { readWalState } from '../postgres/wal-state.js';
import type { ArchiverHalf, HalfEnding } from './archiver-state.js';
import { createLagMeter } from './lag-meter.js';

/** How often the server is asked where it is, in milliseconds. */
const LOOK_INTERVAL = 5000;

/** A server whose archive_command puts its WAL where it is shipped from. */
export interface ArchivedServer {
  server: ServerConnection;
  /** Connected to for what belongs to no database. */
  maintenanceDatabase: string;
}

/**
 * Watches how far a server is that archives by itself, until the signal is aborted. One that is down is waited for: what
 * it has archived goes on to be shipped.
 */
export async function watchArchivedServer(
  { spool, state, signal, onAlive }: ArchiverHalf,
  { server, maintenanceDatabase }: ArchivedServer,
): Promise<HalfEnding> {
  const meter = createLagMeter();
  for (;;) {
    try {
      const wal = await withConnection(server, maintenanceDatabase, signal, readWalState);
      if (wal.systemIdentifier !== spool.cluster.systemIdentifier) return { kind: 'otherCluster' };
      state.server = wal.flushed;
      if (state.shippedEnd !== undefined) state.archived = state.shippedEnd;
      const lag = meter.look(wal.flushed, state.archived ?? wal.flushed, Date.now());
      state.lagBytes = lag.bytes;
      state.lagSeconds = lag.seconds;
      delete state.trouble.receiving;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperationError) || !isRetryable(error.type)) throw error;
      state.trouble.receiving = error.message;
    }
    onAlive();
    await delay(LOOK_INTERVAL, undefined, { signal });
  }
}
