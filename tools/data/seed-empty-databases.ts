import type { ServerAddress } from './server-session.js';
import { createDatabases, createRoles } from './temponest-databases.js';

/** Makes TempoNest's six databases with their owners and no tables: what is left to measure is orchestration. */
export async function seedEmptyDatabases(address: ServerAddress): Promise<void> {
  await createRoles(address);
  await createDatabases(address, 'template1');
}
