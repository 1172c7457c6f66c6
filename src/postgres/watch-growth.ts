import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';

/** How often the server is asked, in milliseconds. */
const INTERVAL = 1000;

/** Who is told of a restore. */
export interface GrowthWatcher {
  /** Bytes that the database has on the server's disk. */
  onProgress: (bytes: number) => void;
  /**
   * The server works for it. While a constraint is checked or an index sorted nothing grows, however long
   * that takes.
   */
  onAlive?: () => void;
}

/**
 * Watches a database grow while a program fills it.
 *
 * @param client - used by nobody else until the watch has ended
 * @returns a function that ends the watch
 */
export function watchGrowth(
  client: Client,
  database: string,
  { onProgress, onAlive }: GrowthWatcher,
): () => Promise<void> {
  const ended = new AbortController();
  const watch = async () => {
    while (!ended.signal.aborted) {
      // The program's sessions have this one's name. One that waits for a lock, or for the program, is not at work.
      const { rows } = await client.query<{ bytes: string; busy: boolean }>(
        `SELECT pg_database_size(oid)::text AS bytes, EXISTS (
                  SELECT FROM pg_stat_activity WHERE datid = oid AND state = 'active'
                     AND application_name = current_setting('application_name')
                     AND coalesce(wait_event_type, '') NOT IN ('Lock', 'Client')) AS busy
           FROM pg_database WHERE datname = $1`,
        [database],
      );
      const [row] = rows;
      if (row) onProgress(Number(row.bytes));
      if (row?.busy) onAlive?.();
      await delay(INTERVAL, undefined, { signal: ended.signal });
    }
  };
  // It only watches: what the server has to say against the restore, pg_restore says.
  const watching = watch().catch(() => undefined);
  return async () => {
    ended.abort();
    await watching;
  };
}
