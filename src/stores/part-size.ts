const MIB = 1024 ** 2;

/** An upload may have so many parts. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PARTS = 10_000;

/**
 * S3 takes parts of 5 MiB to 5 GiB (the last one may be smaller). 8 MiB keeps the number of requests low for small
 * files and little to send again after an interruption.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
const MIN_PART_BYTES = 8 * MIB;

/** What all parts in flight of one upload may hold in memory, unless a single part is larger. */
const BUFFER_BYTES = 64 * MIB;
const MAX_CONCURRENCY = 4;

/**
 * The size in bytes of each part but the last for a file of `bytes`: 8 MiB up to 78 GiB, above that whole MiB such
 * that {@link MAX_PARTS} suffice. Depends on nothing else, so that a later try cuts the file in the same places.
 */
export function choosePartSize(bytes: number): number {
  return Math.max(MIN_PART_BYTES, Math.ceil(bytes / MAX_PARTS / MIB) * MIB);
}

/** How many parts of `partBytes` to send at a time: their buffers stay within 64 MiB; a larger part goes alone. */
export function choosePartConcurrency(partBytes: number): number {
  return Math.min(MAX_CONCURRENCY, Math.max(1, Math.floor(BUFFER_BYTES / partBytes)));
}
