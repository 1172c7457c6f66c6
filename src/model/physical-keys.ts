import { encodeName, parseBackupId } from './names.js';
import { isSegmentName, parseHistoryName } from './wal-segment.js';

/** One incarnation of a server: initialised anew, it has another system identifier, and its old WAL is of no use to it. */
export interface Cluster {
  server: string;
  systemIdentifier: string;
}

/** Stands for a database's name in the ids of base backups. */
export const BASE_NAME = 'base';

const MANIFEST_SUFFIX = '.manifest.json';
const DIGEST_SUFFIX = '.json';
const GAP_SUFFIX = '.gap.json';
const PARTIAL_NAME = /^([0-9A-F]{24})\.([0-9A-F]{8})\.partial$/;

/** The "directory" of all base backups of a server, of whatever incarnation. */
export const serverBasePrefix = (server: string) => `base/${encodeName(server)}/`;
/** The "directory" of all WAL of a server, of whatever incarnation. */
export const serverWalPrefix = (server: string) => `wal/${encodeName(server)}/`;

export const basePrefix = ({ server, systemIdentifier }: Cluster) =>
  `${serverBasePrefix(server)}${systemIdentifier}/`;
export const walPrefix = ({ server, systemIdentifier }: Cluster) =>
  `${serverWalPrefix(server)}${systemIdentifier}/`;

/** The key of the manifest that makes a base backup exist. */
export const baseManifestKey = (cluster: Cluster, id: string) =>
  `${basePrefix(cluster)}${id}${MANIFEST_SUFFIX}`;

/** The key of a file of a base backup; `suffix` says what was applied, outermost last (`.tar.zst.gpg`). */
export const baseArtifactKey = (cluster: Cluster, id: string, suffix: string) =>
  `${basePrefix(cluster)}${id}${suffix}`;

/** What an object below {@link basePrefix} is, or undefined for a foreign one. */
export function parseBaseKey(
  key: string,
): { cluster: Cluster; id: string; part: 'manifest' | 'artifact' } | undefined {
  const [, server, systemIdentifier, file] = /^base\/([^/]+)\/(\d+)\/([^/]+)$/.exec(key) ?? [];
  const [, id, suffix] = /^(base_\d{8}_\d{6})(\..+)$/.exec(file ?? '') ?? [];
  if (id === undefined || !parseBackupId(id)) return undefined;
  const name = decodeServer(server!);
  if (name === undefined) return undefined;
  const part = suffix === MANIFEST_SUFFIX ? 'manifest' : 'artifact';
  return { cluster: { server: name, systemIdentifier: systemIdentifier! }, id, part };
}

/**
 * The key of an archived WAL file: a segment, the history of a timeline, or what there was of a segment when its server
 * was lost (`<segment>.<bytes that count, 8 hex digits>.partial`).
 *
 * @param suffix - what was applied, outermost last (`.zst.gpg`)
 */
export const walKey = (cluster: Cluster, file: string, suffix: string) =>
  `${walPrefix(cluster)}${file}${suffix}`;

/**
 * The key of what a WAL file was before it was compressed and encrypted. Written before the file itself, so that whoever
 * finds the file can tell whether it is the same.
 */
export const walDigestKey = (cluster: Cluster, file: string) =>
  `${walPrefix(cluster)}${file}${DIGEST_SUFFIX}`;

/** The key under which a gap is kept for good, by the name of the first segment that is missing. */
export const walGapKey = (cluster: Cluster, firstMissing: string) =>
  `${walPrefix(cluster)}${firstMissing}${GAP_SUFFIX}`;

/** The name under which a segment is archived of which only the first `bytes` were received. */
export const partialName = (segment: string, bytes: number) =>
  `${segment}.${bytes.toString(16).toUpperCase().padStart(8, '0')}.partial`;

/** The segment that a file is the beginning of, and how many bytes of it count; undefined for another file's name. */
export function parsePartialName(name: string): { segment: string; bytes: number } | undefined {
  const [, segment, bytes] = PARTIAL_NAME.exec(name) ?? [];
  return segment === undefined ? undefined : { segment, bytes: Number.parseInt(bytes!, 16) };
}

/** Whether a server, or we, would archive a file of that name. */
function isWalFileName(name: string): boolean {
  return isSegmentName(name) || parseHistoryName(name) !== undefined || parsePartialName(name) !== undefined;
}

/** What an object below {@link walPrefix} is, or undefined for a foreign one. */
export function parseWalKey(
  key: string,
): { cluster: Cluster; file: string; part: 'file' | 'digest' | 'gap' } | undefined {
  const [, server, systemIdentifier, name] = /^wal\/([^/]+)\/(\d+)\/([^/]+)$/.exec(key) ?? [];
  if (name === undefined) return undefined;
  const parts = {
    gap: GAP_SUFFIX,
    digest: DIGEST_SUFFIX,
    file: /(\.zst|\.gz)(\.gpg)?$/.exec(name)?.[0],
  };
  const part = (Object.keys(parts) as (keyof typeof parts)[]).find(
    (candidate) => parts[candidate] !== undefined && name.endsWith(parts[candidate]),
  );
  const file = part && name.slice(0, -parts[part]!.length);
  const decoded = decodeServer(server!);
  if (file === undefined || decoded === undefined || !isWalFileName(file)) return undefined;
  return { cluster: { server: decoded, systemIdentifier: systemIdentifier! }, file, part: part! };
}

function decodeServer(segment: string): string | undefined {
  try {
    const name = decodeURIComponent(segment);
    return encodeName(name) === segment ? name : undefined;
  } catch {
    return undefined;
  }
}
