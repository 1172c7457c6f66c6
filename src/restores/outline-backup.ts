import { countDumpBytes } from '../model/inventory.js';
import type { DatabaseManifest } from '../model/manifest.js';
import type { RestorePlan } from '../model/restore.js';

/** What a plan tells of a backup. */
export function outlineBackup(manifest: DatabaseManifest, now: Date): RestorePlan['backup'] {
  const { server, database, id, snapshotTime, artifact, inventory } = manifest;
  return {
    server,
    database,
    id,
    snapshotTime,
    ageSeconds: Math.round((now.getTime() - Date.parse(snapshotTime)) / 1000),
    bytes: artifact.bytes,
    dumpBytes: countDumpBytes(inventory),
    tables: inventory.tables.length,
    rows: inventory.tables.reduce((sum, { rows }) => sum + rows, 0),
  };
}
