import { listWal } from '../catalogue/wal-archive.js';
import type { Cluster } from '../model/physical-keys.js';
import { parseSegmentName, segmentName } from '../model/wal-segment.js';
import type { Store } from '../stores/store.js';
import { recordGap, type LostWal } from './record-gap.js';

/**
 * Puts on record that the WAL of a cluster has come to its end: its server was initialised anew.
 *
 * @param segmentBytes - of its segments
 */
export async function closeCluster(
  store: Store,
  cluster: Cluster,
  segmentBytes: number,
  signal: AbortSignal,
): Promise<LostWal> {
  const { segments } = await listWal(store, cluster, signal);
  const [last] = [...segments.keys()]
    .map((name) => parseSegmentName(name, segmentBytes)!)
    .sort((a, b) => (a.start > b.start ? -1 : 1));
  const timeline = last?.timeline ?? 1;
  const from = last ? last.start + BigInt(segmentBytes) : 0n;
  const gap = {
    timeline,
    first: segmentName({ timeline, start: from }, segmentBytes),
    from,
    reason: 'the server was initialised anew, with another system identifier',
  };
  await recordGap(store, cluster, gap, signal);
  return gap;
}
