import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import { createPhrases } from './phrases.js';
import type { SeededDatabase } from './seeded-database.js';
import { withSession, type ServerAddress } from './server-session.js';
import { createDatabases, createRoles, temponestDatabases } from './temponest-databases.js';

/** How much to make. */
export interface SeedOptions {
  /** GiB of an uncompressed dump of all databases together, within 15 %. Default 0.05. */
  scaleGiB?: number;
}

const template = 'temponest_seeding';
const concurrency = availableParallelism();

/**
 * Fills a server with TempoNest's six databases, their owners and grants; the same rows each time,
 * in whatever order the sessions stored them.
 *
 * @throws DatabaseError `duplicate_database` when the server has one of them already
 */
export async function seedTempoNest(address: ServerAddress, options: SeedOptions = {}): Promise<void> {
  const bytes = (options.scaleGiB ?? 0.05) * 2 ** 30;
  await createRoles(address);
  await withTemplate(address, () => createDatabases(address, template));
  await pMap(temponestDatabases, (database) => runScript(address, database, database.schema), {
    concurrency,
  });
  const chunks = temponestDatabases.flatMap((database) => splitIntoChunks(database, bytes));
  await pMap(chunks, (chunk) => load(address, chunk), { concurrency });
  await pMap(temponestDatabases, (database) => finish(address, database), { concurrency });
}

/** Makes the phrases once, in a template that every database starts from. */
async function withTemplate(address: ServerAddress, use: () => Promise<void>): Promise<void> {
  const maintain = (sql: string) => withSession(address, 'postgres', (session) => session.query(sql));
  await maintain(`CREATE DATABASE ${template}`);
  try {
    await withSession(address, template, (session) => session.query(createPhrases));
    await use();
  } finally {
    await maintain(`DROP DATABASE ${template}`);
  }
}

/** Units `first` to `last` of a database. */
interface Chunk {
  database: SeededDatabase;
  first: number;
  last: number;
}

const chunkBytes = 2 ** 24;

/** At least a hundred units, in chunks that sessions load side by side. */
function splitIntoChunks(database: SeededDatabase, bytes: number): Chunk[] {
  const units = Math.max(100, Math.round((bytes * database.share) / database.bytesPerUnit));
  const size = Math.ceil(chunkBytes / database.bytesPerUnit);
  const chunks: Chunk[] = [];
  for (let first = 0; first < units; first += size) {
    chunks.push({ database, first, last: Math.min(first + size, units) - 1 });
  }
  return chunks;
}

async function load(address: ServerAddress, { database, first, last }: Chunk): Promise<void> {
  const { name, owner, loads } = database;
  await withSession(
    address,
    name,
    async (session) => {
      await session.query('SELECT setseed($1)', [(first % 1009) / 1009]);
      for (const insert of loads) await session.query(insert, [first, last]);
    },
    owner,
  );
}

async function runScript(
  address: ServerAddress,
  { name, owner }: SeededDatabase,
  sql: string,
): Promise<void> {
  await withSession(address, name, (session) => session.query(`SELECT setseed(0.1); ${sql}`), owner);
}

async function finish(address: ServerAddress, database: SeededDatabase): Promise<void> {
  await runScript(address, database, database.finish);
  await withSession(address, database.name, async (session) => {
    await session.query('DROP SCHEMA seeding CASCADE');
    await session.query('ANALYZE');
  });
}
