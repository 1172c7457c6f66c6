import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import type { Inventory, TableInventory } from '../model/inventory.js';
import { implausible } from './check-plausible.js';
import { summarizeDataFile } from './data-file.js';
import type { RelationName } from './database-facts.js';
import type { DataFileSummaries } from './summarize-while-dumped.js';
import type { ArchiveEntry } from './table-of-contents.js';

type LargeObjects = Inventory['largeObjects'];

/** Files read at once: enough to keep both the disk and one core busy. */
const CONCURRENCY = 2;

/**
 * Counts and hashes every table's data in a dump.
 *
 * @param summaries - of data files that have been read already
 * @param names - the relation of each oid that the archive's data entries mention
 * @throws OperationError `DumpImplausible` when a table has no data file, or one that is not whole
 */
export async function summarizeTables(
  database: string,
  { archive, summaries }: { archive: string; summaries: DataFileSummaries },
  entries: readonly ArchiveEntry[],
  names: ReadonlyMap<number, RelationName>,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<TableInventory[]> {
  const tables = entries.filter(({ description }) => description === 'TABLE DATA');
  const inventory = await pMap(
    tables,
    async ({ dumpId, oid }) => {
      const relation = names.get(oid);
      if (!relation) throw implausible(database, `its entry ${dumpId} belongs to no table of the snapshot`);
      const { schema, name } = relation;
      const file = `${dumpId}.dat`;
      try {
        const summary =
          summaries.get(file) ?? (await summarizeDataFile(join(archive, file), signal, onBytes));
        return { schema, name, ...summary };
      } catch (cause) {
        signal.throwIfAborted();
        throw implausible(database, `table "${schema}"."${name}" has no whole data file (${String(cause)})`);
      }
    },
    { concurrency: CONCURRENCY, signal },
  );
  return inventory.sort((a, b) => compare(a.schema, b.schema) || compare(a.name, b.name));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Counts and hashes the large objects in a dump. */
export async function summarizeLargeObjects(
  archive: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<LargeObjects> {
  const files = (await readdir(archive)).filter((file) => /^blob_\d+\.dat$/.test(file)).sort();
  const whole = createHash('sha256');
  let bytes = 0;
  for (const file of files) {
    const hash = createHash('sha256');
    for await (const piece of createReadStream(join(archive, file), { signal, highWaterMark: 1 << 20 })) {
      hash.update(piece as Buffer);
      bytes += (piece as Buffer).length;
      onBytes((piece as Buffer).length);
    }
    whole.update(`${file} ${hash.digest('hex')}\n`);
  }
  return { count: files.length, bytes, sha256: whole.digest('hex') };
}

/** Names and sizes in bytes of the files of a dump: what the compressed archive must hold again. */
export async function listDumpFiles(archive: string): Promise<{ name: string; bytes: number }[]> {
  const names = (await readdir(archive)).sort();
  return Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(archive, name))).size })));
}
