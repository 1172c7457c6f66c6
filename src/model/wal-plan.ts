import { z } from 'zod';
import type { Compression, Encryption } from './plan.js';

/** By which a server's statistics tell our receiver from others. */
export const WAL_RECEIVER = 'temponest-backups-wal';

/** Everything about archiving one server's WAL, decided when an archiver starts. Holds no secret. */
export interface WalPlan {
  server: string;
  systemIdentifier: string;
  /** Size of a segment, in bytes. */
  segmentBytes: number;
  /** Major version of the server. */
  major: number;
  /**
   * Where WAL comes from: by a stream, kept on the server by a slot until it is archived, a segment with activity that is
   * older than so many seconds ended early; or out of a directory that the server's archive_command writes to.
   */
  source: { kind: 'stream'; slot: string; maxAgeSeconds: number } | { kind: 'archive'; directory: string };
  compression: Compression;
  encryption: Encryption;
  primaryStore: string;
  /** Task queue of the worker that archives. */
  queue: string;
  /** How soon a dead worker is noticed, in seconds. */
  heartbeatSeconds: number;
  /** The cluster whose WAL was archived before under this server's name, when that was another one. */
  former?: string;
}

/** What an archiver says when it stops. */
export interface WalRun {
  ending: 'timeIsOver' | 'gap' | 'otherCluster';
  /** WAL that is lost: from the first missing segment on. */
  gap?: { systemIdentifier: string; first: string; reason: string };
  segments: number;
  /** As the server wrote them, and as they are stored. */
  bytes: number;
  storedBytes: number;
}

const lsn = z.string().exactOptional();

/** What an archiver says in its heartbeats, positions as PostgreSQL prints them. */
export const walHeartbeat = z.object({
  /** Of the cluster that the positions are of. */
  systemIdentifier: z.string().exactOptional(),
  segments: z.int(),
  bytes: z.int(),
  storedBytes: z.int(),
  server: lsn,
  received: lsn,
  archived: lsn,
  lagBytes: z.int(),
  lagSeconds: z.number(),
  aside: z.array(z.string()),
  trouble: z.array(z.string()),
});

export type WalHeartbeat = z.infer<typeof walHeartbeat>;

/** What `archiveWal` answers, should it end. */
export const archiveWalResult = z.object({
  server: z.string(),
  archivedBy: z.string().describe('the workflow that archives already'),
});

export type ArchiveWalResult = z.infer<typeof archiveWalResult>;

/** Answer to the query `progress` of `archiveWal`. */
export interface WalProgress {
  step: 'planning' | 'archiving' | 'waiting';
  server?: string;
  /** The workflow that does the work, when it is another one. */
  workflowId?: string;
  /** Task queue of the worker that archives. */
  queue?: string;
  /** What kept it from archiving last, until it does again. */
  trouble?: string;
}
