import { askForCopies } from '../replication/ask-for-copies.js';
import type { Dependencies } from './dependencies.js';

/**
 * How often WAL that was archived is copied to the replicas, in milliseconds. With the age at which a segment is forced out
 * it bounds what is lost with the primary store. Each time both stores are listed, which a cloud takes money for.
 */
export const INTERVAL = 5 * 60_000;

/**
 * Has a server's WAL copied to the replicas while it is archived: every {@link INTERVAL}, when something was. Begins with a
 * look at what was archived before.
 *
 * @param countSegments - how many have been archived up to now
 * @returns ends it
 */
export function replicateWhileArchiving(
  { stores, temporal, logger }: Pick<Dependencies, 'stores' | 'temporal' | 'logger'>,
  server: string,
  countSegments: () => number,
): () => void {
  const replicas = stores.slice(1);
  if (replicas.length === 0) return () => undefined;
  let copied = -1;
  const ask = async (): Promise<void> => {
    const archived = countSegments();
    if (archived === copied) return;
    try {
      for (const { name } of replicas) await askForCopies(temporal, server, name);
      copied = archived;
    } catch (error) {
      // Archiving does not depend on it, and it is asked for again.
      logger.warn({ server, error: String(error) }, 'nobody could be asked to copy WAL to the replicas');
    }
  };
  const timer = setInterval(() => void ask(), INTERVAL);
  return () => clearInterval(timer);
}
