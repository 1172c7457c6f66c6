import { resolveConnection } from '../../config/connections.js';
import type { Environment } from '../../config/environment.js';
import type { ServerConfiguration } from '../../config/schema.js';
import { withConnection } from '../../postgres/connection.js';
import { readWalState, type WalState } from '../../postgres/wal-state.js';
import type { Store } from '../../stores/store.js';
import type { WalEvidence } from '../../wal/find-wal-faults.js';
import { readArchiver, type ArchiverStatus } from '../../wal/read-archiver.js';
import { DEFAULT_SEGMENT_BYTES, readWalStatus } from '../../wal/read-wal-status.js';
import { untilDone } from '../configured-server.js';
import { withTemporal } from '../connect.js';
import { describeError } from '../report-error.js';

/** What a server's WAL is judged by: the store, the server and Temporal are asked, and only the store has to answer. */
export async function readWalEvidence(
  server: ServerConfiguration,
  store: Store,
  environment: Environment,
): Promise<WalEvidence> {
  const [live, archiver] = await Promise.all([
    readLive(server, environment),
    askTemporal(environment, server.name),
  ]);
  const segmentBytes = 'fault' in live ? DEFAULT_SEGMENT_BYTES : live.segmentBytes;
  const clusters = await readWalStatus(store, server.name, segmentBytes, untilDone);
  return { server: server.name, clusters, live, ...(archiver ? { archiver } : {}), now: new Date() };
}

/** Where the server is; that it cannot be reached is part of the answer. */
async function readLive(
  server: ServerConfiguration,
  { passFile }: Environment,
): Promise<WalState | { fault: string }> {
  try {
    const connection = await resolveConnection(server, passFile);
    return await withConnection(connection, server.maintenanceDatabase, untilDone, readWalState);
  } catch (error) {
    return { fault: describeError(error).message };
  }
}

/** What Temporal knows of the archiver; undefined when it cannot be asked. */
async function askTemporal(environment: Environment, server: string): Promise<ArchiverStatus | undefined> {
  try {
    return await withTemporal(environment, (client) => readArchiver(client, server));
  } catch {
    return undefined;
  }
}
