import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';

/** How often the size is asked for, in milliseconds. */
const INTERVAL = 1000;

/**
 * Reports how many bytes a database has on the server's disk while a program fills it. While a constraint is checked or
 * an index sorted nothing grows, for as long as that takes.
 *
 * @param client - used by nobody else until the watch has ended
 * @returns a function that ends the watch
 */
export function watchGrowth(
  client: Client,
  database: string,
  onBytes: (bytes: number) => void,
): () => Promise<void> {
  const ended = new AbortController();
  const watch = async () => {
    while (!ended.signal.aborted) {
      const { rows } = await client.query<{ bytes: string | null }>(
        'SELECT (SELECT pg_database_size(oid) FROM pg_database WHERE datname = $1)::text AS bytes',
        [database],
      );
      onBytes(Number(rows[0]?.bytes ?? 0));
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
