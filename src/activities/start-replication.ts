import { askForCopies } from '../replication/ask-for-copies.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** Has a server's backups copied to every replica, by runs that nobody waits for. */
export async function startReplication(
  { logger, stores, temporal }: Dependencies,
  server: string,
): Promise<void> {
  await runStep(logger, {}, async () => {
    for (const { name } of stores.slice(1)) await askForCopies(temporal, server, name);
  });
}
