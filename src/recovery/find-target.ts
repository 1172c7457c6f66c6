import type { DecryptOptions } from '../archive/decrypt.js';
import { chainOf, listBaseBackups } from '../catalogue/base-backups.js';
import { listWal } from '../catalogue/wal-archive.js';
import type { BaseManifest } from '../model/base-manifest.js';
import { OperationError } from '../model/failures.js';
import { formatMoment, parseMoment, type Moment } from '../model/moment.js';
import type { Cluster } from '../model/physical-keys.js';
import type { RecoveryTarget } from '../model/recovery-target.js';
import { formatLsn, parseLsn } from '../model/wal-segment.js';
import type { ProgramContext } from '../programs/run-program.js';
import type { Store } from '../stores/store.js';
import { allBeforeLsn, endOf, newestBefore, ofNewestCluster } from './choose-base.js';
import { locateTime } from './locate-time.js';
import { describeWindows } from './describe-windows.js';
import { chooseLine, findPath, type WalPath } from './wal-path.js';
import { withWalReader, type WalReader } from './wal-reader.js';

/** A recovery that is possible: what is read for it, from where to where. */
export interface FoundTarget {
  backups: BaseManifest[];
  base: BaseManifest;
  path: WalPath;
  target: RecoveryTarget;
  /** How many segments of the path replay reads. */
  segments: number;
  /** Whether nothing more can be had that would reach further towards it: the server itself was asked, or need not be. */
  isUpToDate: boolean;
}

/** Where a target is looked for. */
export interface TargetSearch {
  store: Store;
  server: string;
  options: DecryptOptions;
  /**
   * Brings into the store what the server has written up to now, where somebody is there to do that; answers whether
   * anybody was.
   */
  bringUpToDate: (cluster: Cluster, signal: AbortSignal) => Promise<boolean>;
  context: ProgramContext;
}

/**
 * Finds out how a target can be reached from what one store holds, and refuses one that cannot before anything is done.
 *
 * @throws OperationError `TargetOutOfWindow` with what can be recovered to; `WalMissing` naming the first missing segment;
 * `BackupNotFound` when the store holds no base backup
 */
export async function findTarget(search: TargetSearch, wanted: RecoveryTarget): Promise<FoundTarget> {
  const { store, server, context } = search;
  const listed = await listBaseBackups(store, server, context.signal);
  // One that holds the changes since another that is gone is of no use.
  const backups = listed.filter((backup) => chainOf(listed, backup) !== undefined);
  if (backups.length === 0)
    throw new OperationError(
      'BackupNotFound',
      `Store "${store.name}" holds no base backup of server "${server}"; make one with "temponest-backups backup-cluster".`,
    );
  switch (wanted.kind) {
    case 'time':
      return findTime(search, backups, parseMoment(wanted.time)!);
    case 'lsn':
      return findLsn(search, backups, wanted.lsn);
    case 'name':
      return findName(search, backups, wanted.name);
    case 'end':
      return findEnd(search, backups);
  }
}

async function findTime(search: TargetSearch, backups: BaseManifest[], moment: Moment): Promise<FoundTarget> {
  const newest = newestBefore(backups, moment);
  const what = formatMoment(moment);
  if (!newest) throw await outOfWindow(search, backups, what);
  const earlier = ofNewestCluster(
    backups.filter(
      (backup) => backup.systemIdentifier === newest.systemIdentifier && endOf(backup) <= moment,
    ),
  );
  return withReader(search, newest, async (reader) => {
    const find = async (asOf?: Moment) => {
      const line = await readLine(search, earlier, asOf);
      return { ...line, located: await locateTime(line.path.segments, moment, reader) };
    };
    // Along the timeline of that time: one that a recovery began since leaves out what was written after its target.
    let found = await find(moment);
    if (!('stopsIn' in found.located)) found = await find();
    if (
      !('stopsIn' in found.located) &&
      found.path.missing.length === 0 &&
      (await bringUpToDate(search, newest))
    )
      found = await find();
    const { base, path, located } = found;
    if (!('stopsIn' in located)) throw await outOfWindow(search, backups, what, located.lastEnd);
    return {
      backups,
      base,
      path,
      target: { kind: 'time', time: what },
      segments: located.stopsIn + 1,
      isUpToDate: true,
    };
  });
}

/**
 * A position may lie on several timelines: each one that began before it has it. The newest is followed, which is the one
 * that the server goes by now; what was given up when that began is reached by its time.
 */
async function findLsn(search: TargetSearch, backups: BaseManifest[], text: string): Promise<FoundTarget> {
  const lsn = parseLsn(text)!;
  const candidates = allBeforeLsn(backups, lsn);
  const [newest] = candidates;
  if (!newest) throw await outOfWindow(search, backups, `LSN ${text}`);
  return withReader(search, newest, async (reader) => {
    // PostgreSQL stops after the first record that begins there or later, and fails where there is none.
    const find = async () => {
      const line = await readLine(search, candidates);
      const { segments } = line.path;
      const first = segments.findIndex(({ start }) => start + BigInt(newest.walSegmentBytes) > lsn);
      for (let index = first; index >= 0 && index < segments.length; index += 1)
        if (((await reader.readLastRecord(segments[index]!)) ?? -1n) >= lsn)
          return { ...line, segments: index + 1 };
      return { ...line, segments: undefined };
    };
    let found = await find();
    if (
      found.segments === undefined &&
      found.path.missing.length === 0 &&
      (await bringUpToDate(search, newest))
    )
      found = await find();
    const { base, path, segments } = found;
    if (segments === undefined)
      throw await outOfWindow(search, backups, `LSN ${text} on its newest timeline, ${path.timeline}`);
    return { backups, base, path, target: { kind: 'lsn', lsn: formatLsn(lsn) }, segments, isUpToDate: true };
  });
}

/** The newest base backup after which there is a restore point of that name: of two alike, PostgreSQL takes the first. */
async function findName(search: TargetSearch, backups: BaseManifest[], name: string): Promise<FoundTarget> {
  const looked = new Set<string>();
  for (const base of ofNewestCluster(backups)) {
    const path = await readPath(search, base);
    const consistent = parseLsn(base.stopLsn)!;
    const found = await withReader(search, base, async (reader) => {
      for (const [index, segment] of path.segments.entries()) {
        if (looked.has(segment.name)) continue;
        looked.add(segment.name);
        const points = await reader.readRestorePoints(segment);
        if (points.some((point) => point.name === name && point.lsn >= consistent)) return index + 1;
      }
      return undefined;
    });
    if (found !== undefined)
      return { backups, base, path, target: { kind: 'name', name }, segments: found, isUpToDate: true };
  }
  throw await outOfWindow(search, backups, `restore point "${name}"`);
}

async function findEnd(search: TargetSearch, backups: BaseManifest[]): Promise<FoundTarget> {
  const candidates = ofNewestCluster(backups);
  const isUpToDate = await bringUpToDate(search, candidates[0]!);
  const { base, path } = await readLine(search, candidates);
  if (path.missing.length > 0) throw missingWal(base, path);
  return { backups, base, path, target: { kind: 'end' }, segments: path.segments.length, isUpToDate };
}

const bringUpToDate = ({ bringUpToDate: bring, context }: TargetSearch, base: BaseManifest) =>
  bring(base, context.signal);

function withReader<T>(
  { store, options, context }: TargetSearch,
  base: BaseManifest,
  use: (reader: WalReader) => Promise<T>,
): Promise<T> {
  return withWalReader(store, base, options, context, use);
}

async function readPath(search: TargetSearch, base: BaseManifest): Promise<WalPath> {
  return (await readLine(search, [base])).path;
}

/** See {@link chooseLine}. */
async function readLine(
  { store, context }: TargetSearch,
  backups: readonly BaseManifest[],
  asOf?: Moment,
): Promise<{ base: BaseManifest; path: WalPath }> {
  const [newest, ...others] = backups as [BaseManifest, ...BaseManifest[]];
  const archive = await listWal(store, newest, context.signal);
  const { base, timeline } = chooseLine(archive, [newest, ...others], asOf);
  const path = findPath(archive, base, timeline);
  if (path.end < parseLsn(base.stopLsn)!) throw missingWal(base, path);
  return { base, path };
}

function missingWal({ id, server }: BaseManifest, { end, missing, last }: WalPath): OperationError {
  const [gap] = missing;
  const which = gap
    ? `the segments ${gap.first} to ${gap.last}, which it needs,`
    : `the segment after ${last ?? formatLsn(end)}, which it needs,`;
  return new OperationError(
    'WalMissing',
    `Base backup ${id} of server ${server} cannot be recovered from: ${which} are missing; see "temponest-backups wal status", and make a new base backup.`,
  );
}

async function outOfWindow(
  search: TargetSearch,
  backups: BaseManifest[],
  what: string,
  lastEnd?: Moment,
): Promise<OperationError> {
  const windows = await describeWindows(search.store, backups, search.context.signal);
  const last =
    lastEnd === undefined
      ? ''
      : ` The last transaction before the end of its WAL ended at ${formatMoment(lastEnd)}.`;
  return new OperationError(
    'TargetOutOfWindow',
    `Server ${search.server} cannot be recovered to ${what}: store "${search.store.name}" reaches ${windows}.${last} Name a moment in there, or recover to the latest.`,
  );
}
