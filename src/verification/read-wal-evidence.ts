import type { Client } from '@temporalio/client';
import { resolveConnection } from '../config/connections.js';
import type { ServerConfiguration } from '../config/schema.js';
import { OperationError } from '../model/failures.js';
import { withConnection } from '../postgres/connection.js';
import { readWalState } from '../postgres/wal-state.js';
import type { Store } from '../stores/store.js';
import type { WalEvidence } from '../wal/find-wal-faults.js';
import { readArchiver } from '../wal/read-archiver.js';
import { DEFAULT_SEGMENT_BYTES, readWalStatus } from '../wal/read-wal-status.js';

/** What a server's WAL is judged by, with Temporal at hand; that the server does not answer is part of it. */
export async function readWalEvidence(
  server: ServerConfiguration,
  { store, temporal, passFile }: { store: Store; temporal: Client; passFile: string | undefined },
  signal: AbortSignal,
): Promise<WalEvidence> {
  const connection = await resolveConnection(server, passFile);
  const live = await withConnection(connection, server.maintenanceDatabase, signal, readWalState).catch(
    (error: unknown) => {
      if (error instanceof OperationError) return { fault: error.message };
      throw error;
    },
  );
  const segmentBytes = 'fault' in live ? DEFAULT_SEGMENT_BYTES : live.segmentBytes;
  return {
    server: server.name,
    clusters: await readWalStatus(store, server.name, segmentBytes, signal),
    live,
    archiver: await readArchiver(temporal, server.name),
    now: new Date(),
  };
}
