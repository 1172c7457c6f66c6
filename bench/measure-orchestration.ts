import { seedEmptyDatabases } from '../tools/data/seed-empty-databases.js';
import { temponestDatabases } from '../tools/data/temponest-databases.js';
import { runOurs } from './run-ours.js';
import { withSystem } from './with-system.js';

/** Seconds from trigger to finished for six empty databases, a round each: what orchestration costs. */
export async function measureOrchestration(rounds: number): Promise<number[]> {
  const databases = temponestDatabases.map(({ name }) => name);
  return await withSystem('six empty databases', databases, seedEmptyDatabases, async ({ client }) => {
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) seconds.push((await runOurs(client)).seconds);
    return seconds;
  });
}
