import type { Lsn } from '../model/wal-segment.js';

/** What a server has written and the primary store does not have yet. */
export interface WalLag {
  bytes: number;
  /** For how long the oldest of it has been on the server. */
  seconds: number;
}

/** Bytes with which a segment begins before anything is written in it (`XLogLongPageHeaderData`). */
export const SEGMENT_HEADER_BYTES = 40n;

/** Measures the lag by looks at where the server is, each with the time of the look. */
export interface LagMeter {
  /** @param now - in milliseconds */
  look(server: Lsn, archived: Lsn, now: number): WalLag;
}

/** Makes a meter that knows of nothing yet. */
export function createLagMeter(): LagMeter {
  /** Where the server was at each look, as long as that is not archived. */
  let pending: { lsn: Lsn; at: number }[] = [];
  return {
    look(server, archived, now) {
      // A segment that was just begun holds nothing but its header.
      const isLevel = server <= archived + SEGMENT_HEADER_BYTES;
      if (!isLevel && server > (pending.at(-1)?.lsn ?? archived)) pending.push({ lsn: server, at: now });
      pending = isLevel ? [] : pending.filter(({ lsn }) => lsn > archived);
      return {
        bytes: isLevel ? 0 : Number(server - archived),
        seconds: pending[0] ? (now - pending[0].at) / 1000 : 0,
      };
    },
  };
}
