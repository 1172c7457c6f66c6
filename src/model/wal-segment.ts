/**
 * Write-ahead log in PostgreSQL's own terms: positions (LSN), timelines, and the names of segment files.
 *
 * @see https://www.postgresql.org/docs/current/wal-internals.html
 */

/** A position in the log as bytes since its beginning. Text as PostgreSQL prints it (`16/B374D848`) is what leaves this module. */
export type Lsn = bigint;

/** A segment file: 24 hex digits, of the timeline, and of the segment's number in two parts. */
const SEGMENT_NAME = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/;
const HISTORY_NAME = /^([0-9A-F]{8})\.history$/;
const LSN_TEXT = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;
const FOUR_GIGABYTES = 0x1_0000_0000n;

const hex = (value: bigint | number) => value.toString(16).toUpperCase().padStart(8, '0');

/** Reads an LSN, or answers undefined for what is none. */
export function parseLsn(text: string): Lsn | undefined {
  const [, high, low] = LSN_TEXT.exec(text) ?? [];
  return high === undefined ? undefined : BigInt(`0x${high}`) * FOUR_GIGABYTES + BigInt(`0x${low}`);
}

/** An LSN as PostgreSQL prints it. */
export function formatLsn(lsn: Lsn): string {
  return `${(lsn / FOUR_GIGABYTES).toString(16).toUpperCase()}/${(lsn % FOUR_GIGABYTES).toString(16).toUpperCase()}`;
}

/** A segment of the log. */
export interface WalSegment {
  timeline: number;
  /** Where it begins. */
  start: Lsn;
}

/** The name of the segment of a timeline in which `lsn` lies. */
export function segmentName({ timeline, start: lsn }: WalSegment, segmentBytes: number): string {
  const number = lsn / BigInt(segmentBytes);
  const perGroup = FOUR_GIGABYTES / BigInt(segmentBytes);
  return `${hex(timeline)}${hex(number / perGroup)}${hex(number % perGroup)}`;
}

/** What a segment file's name says, or undefined for another file's. */
export function parseSegmentName(name: string, segmentBytes: number): WalSegment | undefined {
  const [, timeline, group, number] = SEGMENT_NAME.exec(name) ?? [];
  if (timeline === undefined) return undefined;
  const start = BigInt(`0x${group}`) * FOUR_GIGABYTES + BigInt(`0x${number}`) * BigInt(segmentBytes);
  return { timeline: Number.parseInt(timeline, 16), start };
}

/** Whether a file of that name is a segment, of whatever size. */
export function isSegmentName(name: string): boolean {
  return SEGMENT_NAME.test(name);
}

/** The name of a timeline's history file. */
export function historyName(timeline: number): string {
  return `${hex(timeline)}.history`;
}

/** The timeline whose history file has that name, or undefined for another file's. */
export function parseHistoryName(name: string): number | undefined {
  const [, timeline] = HISTORY_NAME.exec(name) ?? [];
  return timeline === undefined ? undefined : Number.parseInt(timeline, 16);
}

/** The beginning of the segment in which `lsn` lies. */
export function segmentStart(lsn: Lsn, segmentBytes: number): Lsn {
  return lsn - (lsn % BigInt(segmentBytes));
}
