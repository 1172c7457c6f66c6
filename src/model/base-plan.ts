import { baseArtifactSuffix, type BaseLayout } from './base-manifest.js';
import { baseArtifactKey, type Cluster } from './physical-keys.js';
import type { Compression, Encryption } from './plan.js';

/** Everything one base backup does, decided once at its start. Holds no secret, as {@link BackupPlan}. */
export interface BasePlan {
  subject: { kind: 'base' } & Cluster;
  /** `base_<YYYYMMDD>_<HHMMSS>`. */
  id: string;
  /** Major version of the server, and so of the client programs to use. */
  major: number;
  layout: BaseLayout;
  /** The base backup since which only the changes are taken. */
  incrementalTo?: string;
  /** Whether a later one may take only the changes since this one, and so needs its `backup_manifest`. */
  keepsBackupManifest: boolean;
  /** Staging space it may take at most, in bytes. */
  stagingBytes: number;
  /** What the server has on its disks, in bytes: for progress. */
  expectedBytes: number;
  /** Niceness of pg_basebackup and the compressor, 0 to 19. */
  nice: number;
  compression: Compression;
  encryption: Encryption;
  /** Name of the store that makes the backup exist. */
  primaryStore: string;
  /** Names of the stores that get a copy; absent where there are none. */
  replicas?: string[];
  /** How soon a dead worker is noticed, in seconds. */
  heartbeatSeconds: number;
}

/** The key that a base backup's artifact is stored under. */
export function plannedBaseKey({ subject, id, layout, compression, encryption }: BasePlan): string {
  return baseArtifactKey(subject, id, baseArtifactSuffix(layout, compression.method, encryption.method));
}

/** The write-ahead log that a base backup cannot be used without. */
export interface NeededWal {
  timeline: number;
  /** LSNs, as PostgreSQL prints them. */
  startLsn: string;
  stopLsn: string;
  /** Size of a segment, in bytes. */
  segmentBytes: number;
}
