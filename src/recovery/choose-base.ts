import { chainOf } from '../catalogue/base-backups.js';
import type { BaseManifest } from '../model/base-manifest.js';
import type { Moment } from '../model/moment.js';
import { parseMoment } from '../model/moment.js';
import { parseLsn, type Lsn } from '../model/wal-segment.js';

/** Bytes of a base backup with those that it holds only the changes since. */
export interface BaseSize {
  /** As stored. */
  bytes: number;
  /** As data directories, of which each has its own until they are combined. */
  dataBytes: number;
}

/** When a base backup had ended, from when on it can be recovered from. */
export const endOf = ({ stopTime }: Pick<BaseManifest, 'stopTime'>): Moment => parseMoment(stopTime)!;

/** The base backup that had ended last before a moment, of whichever incarnation of the server. */
export function newestBefore(backups: readonly BaseManifest[], moment: Moment): BaseManifest | undefined {
  return newest(backups.filter((backup) => endOf(backup) <= moment));
}

/** The base backups of the server's newest incarnation that had ended before a position, the newest first. */
export function allBeforeLsn(backups: readonly BaseManifest[], lsn: Lsn): BaseManifest[] {
  return ofNewestCluster(backups).filter(({ stopLsn }) => parseLsn(stopLsn)! <= lsn);
}

/** The base backups of the incarnation of the server that was backed up last, the newest first. */
export function ofNewestCluster(backups: readonly BaseManifest[]): BaseManifest[] {
  const last = newest(backups);
  return backups
    .filter(({ systemIdentifier }) => systemIdentifier === last?.systemIdentifier)
    .sort((a, b) => (endOf(a) > endOf(b) ? -1 : 1));
}

function newest(backups: readonly BaseManifest[]): BaseManifest | undefined {
  return backups.reduce<BaseManifest | undefined>(
    (last, backup) => (last === undefined || endOf(backup) > endOf(last) ? backup : last),
    undefined,
  );
}

/** How large a base backup is, its parents included, all of which must be there. */
export function sizeOf(backups: readonly BaseManifest[], base: BaseManifest): BaseSize {
  const chain = chainOf(backups, base)!;
  const sum = (count: (backup: BaseManifest) => number) =>
    chain.reduce((total, backup) => total + count(backup), 0);
  return { bytes: sum(({ artifact }) => artifact.bytes), dataBytes: sum(({ dataBytes }) => dataBytes) };
}
