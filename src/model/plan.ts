import type { BackupSubject } from './keys.js';

/** How an artifact is compressed. `level` is the codec's own. */
export interface Compression {
  method: 'zstd' | 'gzip';
  level: number;
}

/** How an artifact is encrypted; recipients are the full fingerprints of the keys that were checked for this run. */
export type Encryption = { method: 'gpg'; recipients: string[] } | { method: 'none' };

/**
 * Everything one backup does, decided once at its start from the configuration, so that a run keeps what it started
 * with. Holds no secret: connection and credentials are looked up by `subject.server` where they are needed.
 */
export interface BackupPlan {
  subject: BackupSubject;
  /** `<database>_<YYYYMMDD>_<HHMMSS>`, or `globals_…`. */
  id: string;
  /** Major version of the server, and so of the client programs to use. */
  major: number;
  /** Staging space the backup may take at most, in bytes: dump and archive together. */
  stagingBytes: number;
  /** The dump's size as far as can be told before it is made, in bytes: for progress only. */
  expectedBytes: number;
  dump: {
    jobs: number;
    lockWaitTimeoutSeconds: number;
    excludeTables: string[];
    excludeTableData: string[];
    /** Niceness of pg_dump and of the compressor, 0 to 19. */
    nice: number;
  };
  compression: Compression;
  encryption: Encryption;
  /** Name of the store that makes the backup exist. */
  primaryStore: string;
  /** Names of the stores that get a copy; absent where there are none. */
  replicas?: string[];
  /** How soon a dead worker is noticed, in seconds. */
  heartbeatSeconds: number;
}

/** What `backupDatabases` does, decided at its start. */
export interface BackupsPlan {
  server: string;
  databases: { database: string; expectedBytes: number }[];
  includeGlobals: boolean;
  /** Databases in flight at once. */
  concurrency: number;
  /** As in {@link BackupPlan}. */
  replicas?: string[];
}
