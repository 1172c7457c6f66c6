import pMap from 'p-map';
import type { BaseManifest } from '../model/base-manifest.js';
import { OperationError } from '../model/failures.js';
import {
  parseBaseKey,
  parsePartialName,
  parseWalKey,
  serverBasePrefix,
  serverWalPrefix,
  type Cluster,
} from '../model/physical-keys.js';
import type { RetentionDecision } from '../model/results.js';
import { isFromFuture } from '../model/retention.js';
import { isSegmentName, parseLsn, parseSegmentName, segmentStart } from '../model/wal-segment.js';
import type { Store, StoredObject, UnfinishedUpload } from '../stores/store.js';
import { chainOf, listBaseObjects, readBaseManifest, type ListedBaseBackup } from './base-backups.js';
import { ARTIFACT_MISSING, holdsAll, UNREADABLE_MANIFEST } from './find-damage.js';
import { findProvenBase } from './proven-base-backups.js';
import { findLocked, IN_USE, isPastGrace, lockRule } from './prune-guards.js';

/** A base backup, and what becomes of it. */
export interface BaseDecision extends RetentionDecision {
  cluster: Cluster;
}

/** What a prune would do about a server's base backups and its WAL. */
export interface BasePrunePlan {
  /** Newest first. */
  decisions: BaseDecision[];
  orphans: StoredObject[];
  unfinished: UnfinishedUpload[];
  /** Keys of the WAL that no kept base backup needs: each file before its digest, oldest first. */
  wal: string[];
}

/** A base backup with its manifest, or without when that cannot be read. */
type KnownBase = ListedBaseBackup & { manifest?: BaseManifest };

/**
 * Decides what of a server's base backups goes, and what of its WAL, changing nothing.
 *
 * `base` keeps the newest ones, whichever incarnation of the server they are of: were another server to answer at its
 * address, the true one's would still count. `former cluster` keeps the last one of each other incarnation until someone
 * removes it by name, `proven` the one that a drill has recovered the server from last, out of this store, and `parent` what a kept incremental
 * one needs. `in use` keeps all of them, and all WAL, while the server is being recovered. `locked until …`, `legal hold`,
 * `artifact missing` (of it, or of what it holds the changes since) and `future` are as with databases. Where a manifest cannot be read, nobody knows what needs what: then
 * all stay, as `unreadable manifest`.
 *
 * WAL goes that lies before the oldest base backup that stays of its incarnation; histories of timelines, and the record of
 * gaps, stay.
 *
 * @param keep - how many
 * @param isBeingRecovered - whether something reads them at present
 * @throws OperationError `ManifestUnreadable` when the report of a drill can't be understood
 */
export async function planBasePrune(
  store: Store,
  {
    server,
    keep,
    now,
    isBeingRecovered = false,
  }: { server: string; keep: number; now: Date; isBeingRecovered?: boolean },
  signal: AbortSignal,
): Promise<BasePrunePlan> {
  const { backups, orphans } = await listBaseObjects(store, server, signal);
  const known = await pMap(backups, (backup) => readIfReadable(store, backup, signal), {
    concurrency: 8,
    signal,
  });
  const proven = await findProvenBase(
    store,
    server,
    findWhole(known).map(({ id }) => id),
    signal,
  );
  const rules = known.every(({ manifest }) => manifest)
    ? decide(known, { keep, now, proven })
    : new Map(known.map(({ id }) => [id, [UNREADABLE_MANIFEST]]));
  if (isBeingRecovered) for (const { id } of known) if (!rules.has(id)) rules.set(id, [IN_USE]);
  const expired = known.filter(({ id }) => !rules.has(id));
  const keysOf = ({ manifestKey, artifacts }: KnownBase) => [manifestKey, ...artifacts.map(({ key }) => key)];
  const locked = await findLocked(store, expired.flatMap(keysOf), now, signal);
  for (const backup of expired) {
    const rule = lockRule(keysOf(backup).flatMap((key) => locked.get(key) ?? []));
    if (rule !== undefined) keepWithParents(backup, rule, known, rules);
  }

  const oldOrphans = orphans.filter(({ modifiedAt }) => isPastGrace(modifiedAt, now));
  const lockedOrphans = await findLocked(
    store,
    oldOrphans.map(({ key }) => key),
    now,
    signal,
  );
  const unfinished: UnfinishedUpload[] = [];
  for await (const upload of store.listUnfinished(serverBasePrefix(server), signal))
    if (parseBaseKey(upload.key) && isPastGrace(upload.startedAt, now)) unfinished.push(upload);
  const kept = known.filter(({ id }) => rules.has(id));
  const wal = isBeingRecovered ? [] : await findUnneededWal(store, server, kept, signal);
  const lockedWal = await findLocked(store, wal, now, signal);
  return {
    decisions: known.toReversed().map(({ cluster, id }) => ({
      kind: 'base',
      cluster,
      backupId: id,
      keep: rules.has(id),
      rules: rules.get(id) ?? ['expired'],
    })),
    orphans: oldOrphans.filter(({ key }) => !lockedOrphans.has(key)),
    unfinished,
    wal: wal.filter((key) => !lockedWal.has(key)),
  };
}

async function readIfReadable(
  store: Store,
  backup: ListedBaseBackup,
  signal: AbortSignal,
): Promise<KnownBase> {
  try {
    return { ...backup, manifest: await readBaseManifest(store, backup.cluster, backup.id, signal) };
  } catch (error) {
    if (error instanceof OperationError && error.type === 'ManifestUnreadable') return backup;
    throw error;
  }
}

/** Those that the store holds as their manifests say, with all that they hold the changes since. */
function findWhole(known: readonly KnownBase[]): KnownBase[] {
  const manifests = known.flatMap(({ manifest, artifacts }) => {
    if (!manifest) return [];
    const { artifact, backupManifest } = manifest;
    return holdsAll(artifacts, backupManifest ? [artifact, backupManifest] : [artifact]) ? [manifest] : [];
  });
  return known.filter(
    ({ manifest }) => manifest && manifests.includes(manifest) && chainOf(manifests, manifest),
  );
}

/** The rules that keep each base backup, by its id; the others are expired. */
function decide(
  known: readonly KnownBase[],
  { keep, now, proven }: { keep: number; now: Date; proven: string | undefined },
): Map<string, string[]> {
  const rules = new Map<string, string[]>();
  const past = known.filter(({ time }) => !isFromFuture(time, now));
  for (const { id } of known.filter((backup) => !past.includes(backup))) rules.set(id, ['future']);
  const whole = findWhole(known);
  for (const backup of past.filter((candidate) => !whole.includes(candidate)))
    keepWithParents(backup, ARTIFACT_MISSING, known, rules);
  const newestFirst = past.filter((backup) => whole.includes(backup)).toReversed();
  const seen = new Set<string>();
  for (const [index, backup] of newestFirst.entries()) {
    const { systemIdentifier } = backup.cluster;
    if (index < keep) keepWithParents(backup, 'base', known, rules);
    else if (!seen.has(systemIdentifier)) keepWithParents(backup, 'former cluster', known, rules);
    if (backup.id === proven) keepWithParents(backup, 'proven', known, rules);
    seen.add(systemIdentifier);
  }
  return rules;
}

function keepWithParents(
  backup: KnownBase,
  rule: string,
  known: readonly KnownBase[],
  rules: Map<string, string[]>,
): void {
  rules.set(backup.id, [...(rules.get(backup.id) ?? []).filter((other) => other !== rule), rule]);
  const parent = known.find(
    ({ id, cluster }) =>
      id === backup.manifest?.incrementalTo && cluster.systemIdentifier === backup.cluster.systemIdentifier,
  );
  if (parent) keepWithParents(parent, 'parent', known, rules);
}

/**
 * Keys of the segments that end before the first base backup that stays of their incarnation begins. Those of a timeline
 * after its own do not count as before it: a server that was recovered to an earlier moment writes at positions behind it.
 */
async function findUnneededWal(
  store: Store,
  server: string,
  kept: readonly KnownBase[],
  signal: AbortSignal,
): Promise<string[]> {
  const needed = new Map<string, { from: bigint; timeline: number; segmentBytes: number }>();
  for (const { cluster, manifest } of kept) {
    // One that cannot be read may need all of it.
    const from = manifest ? segmentStart(parseLsn(manifest.startLsn)!, manifest.walSegmentBytes) : 0n;
    const before = needed.get(cluster.systemIdentifier);
    if (!before || from < before.from)
      needed.set(cluster.systemIdentifier, {
        from,
        timeline: manifest?.timeline ?? 0,
        segmentBytes: manifest?.walSegmentBytes ?? 1,
      });
  }
  const keys: { key: string; file: string; isDigest: boolean }[] = [];
  for await (const { key } of store.list(serverWalPrefix(server), signal)) {
    const parsed = parseWalKey(key);
    if (!parsed || parsed.part === 'gap') continue;
    const oldest = needed.get(parsed.cluster.systemIdentifier);
    const name = parsePartialName(parsed.file)?.segment ?? parsed.file;
    if (!oldest || oldest.from === 0n || !isSegmentName(name)) continue;
    const { timeline, start } = parseSegmentName(name, oldest.segmentBytes)!;
    if (start < oldest.from && timeline <= oldest.timeline)
      keys.push({ key, file: parsed.file, isDigest: parsed.part === 'digest' });
  }
  // What is left when this is interrupted is a digest without its file, as before the file was stored.
  return keys
    .sort((a, b) => (a.file === b.file ? Number(a.isDigest) - Number(b.isDigest) : a.file < b.file ? -1 : 1))
    .map(({ key }) => key);
}
