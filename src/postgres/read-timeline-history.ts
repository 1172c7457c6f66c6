import type { ServerConnection } from '../model/server-connection.js';
import { parseTimelineHistory, type PastTimeline } from '../model/timeline-history.js';
import { historyName } from '../model/wal-segment.js';
import { withConnection } from './connection.js';

/**
 * Asks a server for what led to the timeline that it is on.
 *
 * @throws OperationError `ArtifactDamaged` when its file cannot be understood; otherwise what a failed connection throws
 * @see https://www.postgresql.org/docs/current/protocol-replication.html (`TIMELINE_HISTORY`)
 */
export async function readTimelineHistory(
  server: ServerConnection,
  database: string,
  timeline: number,
  signal: AbortSignal,
): Promise<PastTimeline[]> {
  // The first timeline has no past, and no file.
  if (timeline === 1) return [];
  return withConnection(
    server,
    database,
    signal,
    async (client) => {
      const { rows } = await client.query<{ content: Buffer | string }>(`TIMELINE_HISTORY ${timeline}`);
      return parseTimelineHistory(rows[0]!.content.toString(), historyName(timeline));
    },
    { replication: true },
  );
}
