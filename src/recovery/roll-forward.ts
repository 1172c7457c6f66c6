import type { DecryptOptions } from '../archive/decrypt.js';
import { listWal } from '../catalogue/wal-archive.js';
import type { BaseManifest } from '../model/base-manifest.js';
import { OperationError, remedyFor } from '../model/failures.js';
import type { RecoveryPoint } from '../model/recovery.js';
import type { RecoveryTarget } from '../model/recovery-target.js';
import { parseLsn, type Lsn } from '../model/wal-segment.js';
import type { ServeContext } from '../postgres/serve-cluster.js';
import type { Store } from '../stores/store.js';
import type { RecoveredCluster } from './recovered-cluster.js';
import { replay } from './replay.js';
import { findPath, type PathSegment } from './wal-path.js';
import { withWalReader } from './wal-reader.js';

/** What is recovered, from where, and how far. */
export interface RollForward {
  store: Store;
  base: BaseManifest;
  target: RecoveryTarget;
  /** The timeline that the plan follows. */
  timeline?: number | undefined;
  /** The last segment that the plan has seen, where replay goes to the end. */
  last?: string | undefined;
}

/**
 * Rolls an unpacked base backup forward to the target, with the WAL of a store, see {@link replay}.
 *
 * @throws OperationError `WalMissing` when what the plan has seen is gone; else as {@link replay}
 */
export async function rollForward(
  { store, base, target, timeline, last }: RollForward,
  cluster: RecoveredCluster,
  options: DecryptOptions,
  context: ServeContext & { onProgress: (bytes: number) => void },
): Promise<RecoveryPoint> {
  const archive = await listWal(store, base, context.signal);
  const path = findPath(archive, base, timeline);
  const index = path.segments.findIndex(({ name }) => name === last);
  if (last !== undefined && index < 0)
    throw new OperationError(
      'WalMissing',
      `WAL segment ${last} of server ${base.server} is no longer in store "${store.name}", or another before it; ${remedyFor('WalMissing')}.`,
    );
  // What came since the plan was made does no harm to a target, and is not what "the end" was when it was shown.
  const segments = target.kind === 'end' ? path.segments.slice(0, index + 1) : path.segments;
  const files = new Map([
    ...[...archive.historyFiles].map(([name, { key }]) => [name, { key }] as const),
    ...segments.map((segment) => [segment.name, segment] as const),
  ]);
  return withWalReader(store, base, options, context, (reader) =>
    replay(
      cluster,
      {
        target,
        timeline: path.timeline,
        from: parseLsn(base.startLsn)!,
        atLeast: target.kind === 'end' ? endReached(segments) : 0n,
        segmentBytes: base.walSegmentBytes,
        wal: {
          segments: segments.map(({ name }) => name),
          histories: [...archive.historyFiles.keys()],
          fetch: (name, file, signal) => reader.fetch(files.get(name)!, file, signal),
        },
      },
      context,
    ),
  );
}

/** The last whole segment has been begun, at least: of a saved part it is not known whether a record ends in it. */
function endReached(segments: readonly PathSegment[]): Lsn {
  return segments.findLast(({ partBytes }) => partBytes === undefined)?.start ?? 0n;
}
