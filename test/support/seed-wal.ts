import { walDigestKey, walKey, type Cluster } from '../../src/model/physical-keys.js';
import { historyName, parseLsn, segmentName } from '../../src/model/wal-segment.js';
import type { MemoryStore } from './memory-store.js';

export const SEGMENT_BYTES = 16 * 1024 * 1024;

/** Puts segments of a timeline into a store, by their numbers. */
export function seedSegments(
  store: MemoryStore,
  cluster: Cluster,
  timeline: number,
  ...numbers: number[]
): void {
  for (const number of numbers) {
    const start = BigInt(number) * BigInt(SEGMENT_BYTES);
    const file = segmentName({ timeline, start }, SEGMENT_BYTES);
    store.seed(walKey(cluster, file, '.zst.gpg'), 'wal');
    store.seed(walDigestKey(cluster, file), JSON.stringify({ format: '1.0', file, bytes: 3, sha256: 'a' }));
  }
}

/** Puts the history of a timeline into a store: where each one before it was left. */
export function seedHistory(
  store: MemoryStore,
  cluster: Cluster,
  timeline: number,
  ...past: [timeline: number, end: string][]
): void {
  const file = historyName(timeline);
  const history = past.map(([of, end]) => ({ timeline: of, end }));
  store.seed(walKey(cluster, file, '.zst.gpg'), 'history');
  store.seed(
    walDigestKey(cluster, file),
    JSON.stringify({ format: '1.0', file, bytes: 7, sha256: 'a', history }),
  );
}

/** The position at which segment `number` begins. */
export const lsnOf = (number: number) => BigInt(number) * BigInt(SEGMENT_BYTES);

/** An LSN that is one, from its text. */
export const lsn = (text: string) => parseLsn(text)!;
