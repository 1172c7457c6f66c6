import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../model/failures.js';
import type { Inventory } from '../model/inventory.js';
import type { ProgramContext } from '../programs/run-program.js';
import type { ServerConnection } from '../model/server-connection.js';
import { checkPlausible, checkUndisturbed, implausible } from './check-plausible.js';
import { checkReferences } from './check-references.js';
import {
  listTables,
  nameRelations,
  readDatabaseFacts,
  readDatabaseSettings,
  type DatabaseFacts,
} from './database-facts.js';
import { keepSettings } from './database-settings.js';
import { findDisplacedTables, type DisplacedTables } from './displaced-tables.js';
import { listDumpFiles, summarizeLargeObjects, summarizeTables } from './inventory.js';
import { locateClient } from './locate-client.js';
import { dumpDatabase, type DumpOptions } from './pg-dump.js';
import { readSequenceValues } from './sequence-values.js';
import type { ServerFacts } from './server-facts.js';
import { withSnapshot } from './snapshot.js';
import { summarizeWhileDumped } from './summarize-while-dumped.js';
import { readTableOfContents } from './table-of-contents.js';
import { watchWrites } from '../programs/watch-writes.js';

/** Everything that is known of a dump when it is made. */
export interface DatabaseDump {
  snapshotTime: string;
  snapshotLsn: string;
  server: ServerFacts;
  facts: DatabaseFacts;
  inventory: Inventory;
  files: { name: string; bytes: number }[];
  bytes: number;
  /** pg_dump's own. */
  warnings: string[];
}

type Options = Omit<DumpOptions, 'program' | 'snapshotId' | 'encoding'> & {
  programDirectories: readonly string[];
};
type Context = ProgramContext & { onProgress: (bytes: number) => void };

/** What a worker of `pg_dump --jobs` says, which does not wait for a lock that its leader has already. */
const GIVEN_UP = 'could not obtain lock on relation';

/**
 * Dumps a database into `<directory>/data` and takes its inventory, all of one snapshot.
 *
 * pg_dump with several jobs gives up when somebody waits to lock a table that it has yet to read, lest they wait for each
 * other. Where tables are truncated all the time it would never end: it is done over with one job, which they wait for.
 *
 * @param onProgress - bytes dumped so far, and read again for the inventory
 * @throws OperationError as {@link dumpDatabase}, and `DumpImplausible` when the result cannot be a whole copy
 */
export async function dumpWithInventory(
  server: ServerConnection,
  database: string,
  directory: string,
  options: Options,
  context: Context,
): Promise<DatabaseDump> {
  try {
    return await dumpOnce(server, database, directory, options, context);
  } catch (error) {
    const isGivenUp = error instanceof OperationError && error.message.includes(GIVEN_UP);
    if (!isGivenUp || options.jobs === 1) throw error;
    await rm(join(directory, 'data'), { recursive: true });
    return dumpOnce(server, database, directory, { ...options, jobs: 1 }, context);
  }
}

async function dumpOnce(
  server: ServerConnection,
  database: string,
  directory: string,
  options: Options,
  context: Context,
): Promise<DatabaseDump> {
  const { signal, onProgress } = context;
  const archive = join(directory, 'data');
  await mkdir(directory, { recursive: true });
  return withSnapshot(server, database, signal, async (snapshot, client) => {
    const locate = (program: string) =>
      locateClient(program, snapshot.server.major, options.programDirectories, signal);
    const program = await locate('pg_dump');
    const pgRestore = await locate('pg_restore');
    const expected = await listTables(client);
    const facts = await readDatabaseFacts(client);
    const settings = await readDatabaseSettings(client);

    let displaced: Promise<DisplacedTables> | undefined;
    const lookOnce = () => {
      displaced ??= findDisplacedTables(client);
      // Asked for below; until then a failure is nobody's.
      displaced.catch(() => undefined);
      return displaced;
    };
    let written = 0;
    let read = 0;
    const onBytes = (count: number) => onProgress(written + (read += count));
    const stopWatching = watchWrites(archive, (bytes) => {
      // pg_dump writes nothing before it has all its locks, which it gives back in the end: now is the time to look.
      if (bytes > 0) void lookOnce();
      onProgress((written = bytes) + read);
    });
    const dump = async () => {
      const warnings = await dumpDatabase(
        server,
        database,
        archive,
        { ...options, program, snapshotId: snapshot.id, encoding: facts.encoding },
        context,
      );
      return { warnings, displacedTables: await lookOnce() };
    };
    const { result, summaries } = await summarizeWhileDumped(archive, signal, onBytes, dump).finally(
      stopWatching,
    );
    const { warnings, displacedTables } = result;

    const entries = await readTableOfContents(pgRestore, archive, context).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw implausible(database, 'its table of contents cannot be read', cause);
    });
    const excludedTables = checkPlausible(database, expected, entries, {
      tables: options.excludeTables.length > 0,
      data: options.excludeTableData.length > 0,
    });
    if (options.excludeTables.length + options.excludeTableData.length > 0)
      await checkReferences(client, database, expected, entries);
    const names = await nameRelations(
      client,
      entries.map(({ oid }) => oid),
    );
    await keepSettings(archive, settings);
    const files = await listDumpFiles(archive);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    written = bytes;
    const tables = await summarizeTables(database, { archive, summaries }, entries, names, signal, onBytes);
    checkUndisturbed(database, tables, [...names.values()], displacedTables);
    return {
      snapshotTime: snapshot.time,
      snapshotLsn: snapshot.lsn,
      server: snapshot.server,
      facts,
      inventory: {
        tables,
        partitionedTables: [...names.values()]
          .filter(({ isPartitioned }) => isPartitioned)
          .map(({ schema, name }) => ({ schema, name })),
        excludedTables,
        sequences: await readSequenceValues(
          pgRestore,
          archive,
          entries,
          join(directory, 'sequences.list'),
          context,
        ),
        largeObjects: await summarizeLargeObjects(archive, signal, onBytes),
        extensions: facts.extensions,
        roles: facts.roles,
      },
      files,
      bytes,
      warnings,
    };
  });
}
