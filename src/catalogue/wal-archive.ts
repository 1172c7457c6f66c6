import { parseWalDigest, parseWalGap, type WalGap } from '../model/base-manifest.js';
import {
  parsePartialName,
  parseWalKey,
  serverWalPrefix,
  walDigestKey,
  walPrefix,
  type Cluster,
} from '../model/physical-keys.js';
import type { PastTimeline } from '../model/timeline-history.js';
import { isSegmentName, parseHistoryName, parseLsn } from '../model/wal-segment.js';
import type { Store, StoredObject } from '../stores/store.js';

/** What a store holds of one cluster's write-ahead log. */
export interface WalArchive {
  cluster: Cluster;
  /** Whole segments, by their names, in the order of those. */
  segments: Map<string, StoredObject>;
  /** What led to each timeline that has a history there. The first timeline has none. */
  histories: Map<number, PastTimeline[]>;
  /** History files, by their names. */
  historyFiles: Map<string, StoredObject>;
  /** What was saved of a segment whose server was lost, by the file's name; the one with the most bytes counts. */
  partials: Map<string, StoredObject & { segment: string; partBytes: number }>;
  /** Gaps that were noticed as they came to be, whether a base backup has closed them since or not. */
  gaps: WalGap[];
}

/**
 * Lists the archived WAL of a cluster, and reads what little of it can be read without a private key: the histories of
 * its timelines and its gaps.
 *
 * @throws OperationError `ManifestUnreadable` for a gap or a history that can't be understood
 */
export async function listWal(store: Store, cluster: Cluster, signal: AbortSignal): Promise<WalArchive> {
  const archive: WalArchive = {
    cluster,
    segments: new Map(),
    histories: new Map(),
    historyFiles: new Map(),
    partials: new Map(),
    gaps: [],
  };
  for await (const object of store.list(walPrefix(cluster), signal)) {
    const parsed = parseWalKey(object.key);
    if (!parsed || parsed.part === 'digest') continue;
    const { file, part } = parsed;
    const partial = parsePartialName(file);
    if (part === 'gap') await readGap(store, object.key, archive, signal);
    else if (isSegmentName(file)) archive.segments.set(file, object);
    else if (partial)
      archive.partials.set(file, { ...object, segment: partial.segment, partBytes: partial.bytes });
    else archive.historyFiles.set(file, object);
  }
  for (const file of archive.historyFiles.keys()) await readHistory(store, file, archive, signal);
  return archive;
}

/** The clusters of which a store holds WAL under a server's name: one, unless it was initialised anew. */
export async function listWalClusters(store: Store, server: string, signal: AbortSignal): Promise<Cluster[]> {
  const systemIdentifiers = new Set<string>();
  for await (const { key } of store.list(serverWalPrefix(server), signal)) {
    const cluster = parseWalKey(key)?.cluster;
    if (cluster) systemIdentifiers.add(cluster.systemIdentifier);
  }
  return [...systemIdentifiers].map((systemIdentifier) => ({ server, systemIdentifier }));
}

async function readGap(store: Store, key: string, { gaps }: WalArchive, signal: AbortSignal): Promise<void> {
  const document = await store.getDocument(key, signal);
  if (document) gaps.push(parseWalGap(document.toString(), key));
}

async function readHistory(
  store: Store,
  file: string,
  { cluster, histories }: WalArchive,
  signal: AbortSignal,
): Promise<void> {
  const key = walDigestKey(cluster, file);
  const document = await store.getDocument(key, signal);
  if (!document) return;
  const { history = [] } = parseWalDigest(document.toString(), key);
  histories.set(
    parseHistoryName(file)!,
    history.map(({ timeline, end }) => ({ timeline, end: parseLsn(end)! })),
  );
}
