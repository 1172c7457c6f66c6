import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileOpener } from '../archive/open-files.js';
import type { DecryptOptions } from '../archive/decrypt.js';
import type { BaseManifest } from '../model/base-manifest.js';
import type { Moment } from '../model/moment.js';
import type { Lsn } from '../model/wal-segment.js';
import { locateClient } from '../postgres/locate-client.js';
import {
  endOfTransaction,
  readWalRecords,
  restorePointName,
  type WalRecordGroup,
} from '../postgres/pg-waldump.js';
import type { ProgramContext } from '../programs/run-program.js';
import type { Store } from '../stores/store.js';
import { fetchWalFile, type ArchivedWal, type WalSource } from './fetch-wal-file.js';
import type { PathSegment } from './wal-path.js';

/** Looks into archived segments, each of which is fetched at most once for each question. */
export interface WalReader {
  /** Fetches an archived file, as {@link fetchWalFile}. */
  fetch: (wal: ArchivedWal, file: string, signal: AbortSignal) => Promise<void>;
  /** When the last transaction ended that ends in a segment; undefined when none does. */
  readLastEnd: (segment: PathSegment) => Promise<Moment | undefined>;
  /** The restore points in a segment, in their order. */
  readRestorePoints: (segment: PathSegment) => Promise<{ name: string; lsn: Lsn }[]>;
  /** Where the last record of a segment begins; undefined when none begins in it. */
  readLastRecord: (segment: PathSegment) => Promise<Lsn | undefined>;
}

/**
 * Lends `use` a reader of the WAL that belongs to a base backup; what it fetches is removed again.
 *
 * @throws what fetching throws
 */
export async function withWalReader<T>(
  store: Store,
  base: Pick<BaseManifest, 'server' | 'systemIdentifier' | 'walSegmentBytes' | 'serverVersion'>,
  options: DecryptOptions,
  context: ProgramContext,
  use: (reader: WalReader) => Promise<T>,
): Promise<T> {
  const { server, systemIdentifier, walSegmentBytes: segmentBytes, serverVersion } = base;
  const program = await locateClient(
    'pg_waldump',
    Math.floor(serverVersion / 10000),
    options.programDirectories,
    context.signal,
  );
  const directory = await mkdtemp(join(options.workDirectory, 'wal-'));
  try {
    return await withFileOpener(options, context, (open) => {
      const source: WalSource = { store, cluster: { server, systemIdentifier }, segmentBytes, open };
      const fetch: WalReader['fetch'] = (wal, file, signal) => fetchWalFile(source, wal, file, signal);
      const read = async (
        segment: PathSegment,
        groups: readonly WalRecordGroup[],
        onRecord: Parameters<typeof readWalRecords>[3],
      ) => {
        const file = join(directory, segment.name);
        await fetch(segment, file, context.signal);
        await readWalRecords(program, file, groups, onRecord, context);
        await rm(file);
      };
      return use({ fetch, ...readersBy(read) });
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

type Read = (
  segment: PathSegment,
  groups: readonly WalRecordGroup[],
  onRecord: Parameters<typeof readWalRecords>[3],
) => Promise<void>;

function readersBy(read: Read): Omit<WalReader, 'fetch'> {
  const ends = new Map<string, Moment | undefined>();
  return {
    readLastEnd: async (segment) => {
      if (!ends.has(segment.name)) {
        let last: Moment | undefined;
        await read(segment, ['Transaction'], (record) => {
          const end = endOfTransaction(record);
          // Two that end at the same time may come in either order.
          if (end !== undefined && (last === undefined || end > last)) last = end;
        });
        ends.set(segment.name, last);
      }
      return ends.get(segment.name);
    },
    readRestorePoints: async (segment) => {
      const points: { name: string; lsn: Lsn }[] = [];
      await read(segment, ['XLOG'], (record) => {
        const name = restorePointName(record);
        if (name !== undefined) points.push({ name, lsn: record.lsn });
      });
      return points;
    },
    readLastRecord: async (segment) => {
      let last: Lsn | undefined;
      await read(segment, [], ({ lsn }) => {
        last = lsn;
      });
      return last;
    },
  };
}
