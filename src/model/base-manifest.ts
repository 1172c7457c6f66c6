import { z } from 'zod';
import { artifact, readDocument, type Artifact } from './manifest.js';

/**
 * How the artifact of a base backup is made up. `stream`: the data directory as one compressed tar. `files`: a tar of what
 * pg_basebackup wrote, `base.tar` and `<oid>.tar` of each tablespace, each of them compressed (`.zst` or `.gz`, see
 * `artifact.codec`), and `backup_manifest`; for servers with tablespaces of their own, and for incremental backups.
 */
export const baseLayouts = ['stream', 'files'] as const;
export type BaseLayout = (typeof baseLayouts)[number];

/** What was applied to the artifact of a base backup, outermost last: `.tar.zst.gpg`, or `.tar.gpg` where its files are compressed. */
export function baseArtifactSuffix(
  layout: BaseLayout,
  codec: Artifact['codec'],
  encryption: Artifact['encryption']['method'],
): string {
  const compressed = layout === 'files' ? '' : codec === 'zstd' ? '.zst' : '.gz';
  return `.tar${compressed}${encryption === 'gpg' ? '.gpg' : ''}`;
}

/**
 * The document that describes a base backup. Written last, and only when the WAL up to its end is in the store as well: a
 * base backup exists if and only if its manifest does.
 */
export const baseManifest = z.object({
  format: z.string(),
  kind: z.literal('base'),
  id: z.string(),
  server: z.string(),
  systemIdentifier: z.string(),
  /** `server_version_num`, e.g. 160014. */
  serverVersion: z.int(),
  /** Size of a WAL segment, in bytes. */
  walSegmentBytes: z.int().positive(),
  timeline: z.int().positive(),
  layout: z.enum(baseLayouts),
  /** Replay begins here or a little later, */
  startLsn: z.string(),
  /** and has come far enough, here at the latest, for the copy to be consistent. */
  stopLsn: z.string(),
  /** By the server's clock, as the next. */
  startTime: z.iso.datetime(),
  /** When it had ended: the first moment that can be recovered from it. */
  stopTime: z.iso.datetime(),
  /** The base backup that this one says only the changes since of (PostgreSQL 17 and newer). */
  incrementalTo: z.string().optional(),
  /** Bytes of the data directory as sent, tablespaces included. */
  dataBytes: z.int().nonnegative(),
  tablespaces: z.array(z.object({ oid: z.string(), name: z.string(), location: z.string() })),
  /** A role that a recovered server can be entered as: its superuser of old, whatever it was called. */
  superuser: z.string(),
  artifact,
  /**
   * `backup_manifest` of pg_basebackup beside it, where a later incremental one needs it: compressed, and never encrypted,
   * since no backup worker could read it then. It holds names, sizes and checksums of files, and no data.
   */
  backupManifest: artifact.optional(),
  /** As of a database's: until when the artifact is locked in the primary store. */
  lockedUntil: z.string().optional(),
  tools: z.record(z.string(), z.string()),
  secondsPerStep: z.record(z.string(), z.number().nonnegative()),
  workflowId: z.string(),
  runId: z.string(),
});

export type BaseManifest = z.infer<typeof baseManifest>;

/** Reads the manifest of a base backup, as {@link parseManifest} does one of a database. */
export function parseBaseManifest(text: string, key: string): BaseManifest {
  return readDocument(baseManifest, text, key, 'a manifest of a base backup');
}

/** A gap in the archived WAL, kept for good: between its ends nothing can be recovered. */
export const walGap = z.object({
  format: z.string(),
  server: z.string(),
  systemIdentifier: z.string(),
  timeline: z.int().positive(),
  /** Recovery reaches this far, */
  fromLsn: z.string(),
  /** and WAL is there again from here; a base backup made later closes the gap. Absent when a server was made anew. */
  toLsn: z.string().optional(),
  foundAt: z.iso.datetime(),
  reason: z.string(),
});

export type WalGap = z.infer<typeof walGap>;

/** Reads a gap's document. */
export function parseWalGap(text: string, key: string): WalGap {
  return readDocument(walGap, text, key, 'the record of a gap');
}

/** What an archived WAL file was before it was compressed and encrypted. */
export const walDigest = z.object({
  format: z.string(),
  file: z.string(),
  bytes: z.int().positive(),
  /** Lower-case hex. */
  sha256: z.string(),
  /** What the file says, where it is the history of a timeline: without the private key nobody could read it there. */
  history: z.array(z.object({ timeline: z.int().positive(), end: z.string() })).optional(),
});

export type WalDigest = z.infer<typeof walDigest>;

/** Reads what an archived WAL file was. */
export function parseWalDigest(text: string, key: string): WalDigest {
  return readDocument(walDigest, text, key, 'the digest of a WAL file');
}
