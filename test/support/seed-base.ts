import type { BaseManifest } from '../../src/model/base-manifest.js';
import { MANIFEST_FORMAT } from '../../src/model/manifest.js';
import { makeBackupId } from '../../src/model/names.js';
import {
  BASE_NAME,
  baseArtifactKey,
  baseManifestKey,
  walDigestKey,
  walKey,
  type Cluster,
} from '../../src/model/physical-keys.js';
import { formatLsn, segmentName } from '../../src/model/wal-segment.js';
import type { MemoryStore } from './memory-store.js';
import { SHA256_OF_FOUR } from './seed-backup.js';

/** Size of a segment of the seeded servers, in bytes. */
export const SEGMENT_BYTES = 1 << 24;

/** The name of the `number`th segment of the first timeline. */
export const segmentNumber = (number: number) =>
  segmentName({ timeline: 1, start: BigInt(number) * BigInt(SEGMENT_BYTES) }, SEGMENT_BYTES);

/** A believable manifest of a base backup that was begun in the segment of that number and ended in the next. */
export function sampleBaseManifest(
  cluster: Cluster,
  time: Date,
  segment: number,
  over: Partial<BaseManifest> = {},
): BaseManifest {
  const id = makeBackupId(BASE_NAME, time);
  const start = BigInt(segment) * BigInt(SEGMENT_BYTES);
  return {
    format: MANIFEST_FORMAT,
    kind: 'base',
    id,
    ...cluster,
    serverVersion: 160014,
    walSegmentBytes: SEGMENT_BYTES,
    timeline: 1,
    layout: 'stream',
    startLsn: formatLsn(start + 40n),
    stopLsn: formatLsn(start + BigInt(2 * SEGMENT_BYTES)),
    startTime: time.toISOString(),
    stopTime: new Date(time.getTime() + 600_000).toISOString(),
    dataBytes: 30_000_000,
    tablespaces: [],
    superuser: 'postgres',
    artifact: {
      key: baseArtifactKey(cluster, id, '.tar.zst'),
      bytes: 4,
      sha256: SHA256_OF_FOUR,
      codec: 'zstd',
      encryption: { method: 'none' },
    },
    tools: {},
    secondsPerStep: { baseBackup: 3 },
    workflowId: 'temponest-backups/prod/base',
    runId: '0196a1b2-0000-7000-8000-000000000000',
    ...over,
  };
}

/** Puts a whole base backup into the store. */
export function seedBase(store: MemoryStore, ...of: Parameters<typeof sampleBaseManifest>): BaseManifest {
  const manifest = sampleBaseManifest(...of);
  const done = new Date(manifest.stopTime);
  store.seed(manifest.artifact.key, 'four', done);
  store.seed(baseManifestKey(manifest, manifest.id), JSON.stringify(manifest), done);
  return manifest;
}

/** Puts archived segments into the store, by their numbers, and answers with their keys and those of their digests. */
export function seedWal(store: MemoryStore, cluster: Cluster, from: number, to: number): string[] {
  const keys: string[] = [];
  for (let number = from; number <= to; number += 1) {
    const file = segmentNumber(number);
    keys.push(walKey(cluster, file, '.zst.gpg'), walDigestKey(cluster, file));
  }
  for (const key of keys) store.seed(key, 'wal');
  return keys;
}
