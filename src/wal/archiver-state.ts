import type { OperationError } from '../model/failures.js';
import type { Lsn } from '../model/wal-segment.js';
import type { LostWal } from './record-gap.js';
import type { Spool, SpooledSegment } from './spool.js';

/** What an archiver knows of itself while it runs; its two halves, which receive and ship, meet here. */
export interface ArchiverState {
  segments: number;
  /** Of the segments: as the server wrote them, and as they are stored. */
  bytes: number;
  storedBytes: number;
  /** The first segment that was set aside: nothing from there on is archived without a gap. */
  heldAt?: Lsn;
  /** The end of the last segment that was shipped. */
  shippedEnd?: Lsn;
  /** Where the server is, and how much of that has been received and archived. */
  server?: Lsn;
  received?: Lsn;
  archived?: Lsn;
  lagBytes: number;
  lagSeconds: number;
  /** Names of files that could not be archived. */
  aside: string[];
  /** What keeps it from its work at present, each half in one sentence. */
  trouble: { receiving?: string; shipping?: string };
}

/** Why a half of an archiver stopped: WAL is lost, a file is of no use, or the server is another one than before. */
export type HalfEnding =
  | { kind: 'gap'; gap: LostWal }
  | { kind: 'unfit'; segment: SpooledSegment; error: OperationError }
  | { kind: 'otherCluster' };

/** What an archiver works with. */
export interface ArchiverHalf {
  spool: Spool;
  state: ArchiverState;
  signal: AbortSignal;
  /** Called as long as it works, or knows what it waits for. */
  onAlive: () => void;
  /** Takes what is worth a line in the log. */
  warn: (facts: object, message: string) => void;
}
