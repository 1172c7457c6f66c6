import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../files/sync-directory.js';
import { encodeName } from '../model/names.js';
import type { Cluster } from '../model/physical-keys.js';
import {
  parseHistoryName,
  parseSegmentName,
  segmentName,
  segmentStart,
  type WalSegment,
} from '../model/wal-segment.js';
import type { StagingVolume } from '../staging/volume.js';

/** Where the WAL of a cluster waits until it is in the primary store. */
export interface Spool {
  cluster: Cluster;
  segmentBytes: number;
  /** Where segments arrive: those that are whole, under their names; the one being received, as `<name>.partial`. */
  directory: string;
  /** Where a file is compressed and encrypted. */
  outgoing: string;
  /** Where files are put that cannot be archived, for a person to look at. */
  aside: string;
  /** Where child processes are noted. */
  children: string;
}

const PARTIAL = '.partial';

/** A segment in a spool. */
export type SpooledSegment = WalSegment & { name: string };

/** What is in a spool. */
export interface SpoolContents {
  /** Whole segments, in the order in which they were written. */
  segments: SpooledSegment[];
  /** Those that are being received, or were when something ended; names without `.partial`. */
  partials: SpooledSegment[];
  /** Names of history files. */
  histories: string[];
}

/** The directory with the spools of a server, one for each of its incarnations. */
export function spoolsDirectory(volume: StagingVolume, server: string): string {
  return join(volume.directory, 'wal', encodeName(server));
}

/**
 * Opens the spool of a cluster on a staging volume, making it the first time.
 *
 * @param received - where segments arrive when somebody else puts them there
 */
export async function openSpool(
  volume: StagingVolume,
  cluster: Cluster,
  segmentBytes: number,
  received?: string,
): Promise<Spool> {
  const root = join(spoolsDirectory(volume, cluster.server), cluster.systemIdentifier);
  const spool = {
    cluster,
    segmentBytes,
    directory: received ?? join(root, 'received'),
    outgoing: join(root, 'outgoing'),
    // Beside what it is taken from: a file can be renamed within its file system only.
    aside: join(received ?? root, 'aside'),
    children: join(root, 'children'),
  };
  for (const directory of [spool.directory, spool.outgoing, spool.aside, spool.children])
    await mkdir(directory, { recursive: true, mode: 0o700 });
  return spool;
}

/** Lists what is in a spool. */
export async function listSpool({ directory, segmentBytes }: Spool): Promise<SpoolContents> {
  const names = (await readdir(directory)).sort();
  const segmentsOf = (candidates: string[]) =>
    candidates
      .flatMap((name) => {
        const segment = parseSegmentName(name, segmentBytes);
        return segment ? [{ ...segment, name }] : [];
      })
      .sort((a, b) => (a.start === b.start ? a.timeline - b.timeline : a.start < b.start ? -1 : 1));
  return {
    segments: segmentsOf(names),
    partials: segmentsOf(
      names.filter((name) => name.endsWith(PARTIAL)).map((name) => name.slice(0, -PARTIAL.length)),
    ),
    histories: names.filter((name) => parseHistoryName(name) !== undefined),
  };
}

/** The path of a file in a spool. */
export const spooledPath = ({ directory }: Spool, name: string) => join(directory, name);

/** The path of a segment in a spool that is not whole. */
export const partialPath = ({ directory }: Spool, name: string) => join(directory, `${name}${PARTIAL}`);

/** Takes a file out of the way, to be looked at. */
export async function setAside(spool: Spool, name: string): Promise<void> {
  await rename(spooledPath(spool, name), join(spool.aside, name));
}

/**
 * Removes what is left of segments whose timeline was left before they were whole: the following timeline's segment of the
 * same place holds it as well.
 */
export async function removeLeftPartials(spool: Spool): Promise<void> {
  const { segments, partials } = await listSpool(spool);
  for (const { name, timeline, start } of partials)
    if ([...segments, ...partials].some((other) => other.timeline > timeline && other.start >= start))
      await rm(partialPath(spool, name), { force: true });
}

/** Removes what has been received of segments that are not whole. */
export async function removePartials(spool: Spool): Promise<void> {
  for (const { name } of (await listSpool(spool)).partials)
    await rm(partialPath(spool, name), { force: true });
}

/**
 * Makes pg_receivewal begin in the segment of a position, when no whole segment waits in the spool: it looks for where to
 * go on by the names of the files in its directory.
 *
 * @see https://doxygen.postgresql.org/pg__receivewal_8c_source.html (`FindStreamingStart`)
 */
export async function beginSpoolAt(spool: Spool, position: WalSegment): Promise<void> {
  await removePartials(spool);
  const start = segmentStart(position.start, spool.segmentBytes);
  const file = partialPath(spool, segmentName({ ...position, start }, spool.segmentBytes));
  await (await open(file, 'w', 0o600)).close();
  await syncDirectory(spool.directory);
}

/** Makes pg_receivewal receive a segment anew, and all that follow it: the server has them still. */
export async function rewindSpool(spool: Spool, position: WalSegment): Promise<void> {
  for (const { name, start } of (await listSpool(spool)).segments)
    if (start >= position.start) await rm(spooledPath(spool, name), { force: true });
  await beginSpoolAt(spool, position);
}

/** Removes what was being made for the store when something ended; it is made anew. */
export async function clearOutgoing({ outgoing }: Spool): Promise<void> {
  await rm(outgoing, { recursive: true, force: true });
  await mkdir(outgoing, { mode: 0o700 });
}
