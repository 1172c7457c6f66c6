import { Registry } from 'prom-client';
import { listBaseObjects, readBaseManifest, type ListedBaseBackup } from '../catalogue/base-backups.js';
import { parseBaseKey } from '../model/physical-keys.js';
import { isFromFuture } from '../model/retention.js';
import type { Store } from '../stores/store.js';
import { addGauge, toTimestamp, type MetricsPart } from './part.js';
import { rememberDocuments } from './remember-documents.js';

/** How the base backups of servers stand in the primary store. */
export function baseMetrics(servers: readonly string[], store: Store): MetricsPart {
  const registry = new Registry();
  const lastSuccess = addGauge(
    registry,
    'base_backup_last_success_timestamp',
    'Start of the newest base backup that is whole in the primary store, in seconds since 1970',
    ['server'],
  );
  const size = addGauge(
    registry,
    'base_backup_size_bytes',
    'Size of that base backup as stored, in bytes; one that holds only what has changed is small',
    ['server'],
  );
  const artifacts = rememberDocuments(async (key, signal) => {
    const { cluster, id } = parseBaseKey(key)!;
    const { artifact } = await readBaseManifest(store, cluster, id, signal);
    return { key: artifact.key, bytes: artifact.bytes };
  });
  const findNewestWhole = async (
    server: string,
    used: Set<string>,
    signal: AbortSignal,
  ): Promise<{ backup: ListedBaseBackup; bytes: number } | undefined> => {
    const { backups } = await listBaseObjects(store, server, signal);
    for (const backup of backups.reverse()) {
      if (isFromFuture(backup.time, new Date())) continue;
      used.add(backup.manifestKey);
      const read = await artifacts.recall(backup.manifestKey, signal);
      if ('fault' in read) continue;
      const { key, bytes } = read.facts;
      if (backup.artifacts.some((object) => object.key === key && object.bytes === bytes))
        return { backup, bytes };
    }
    return undefined;
  };
  return {
    name: 'base',
    registry,
    async refresh(signal) {
      const used = new Set<string>();
      const found = await Promise.all(
        servers.map(async (server) => ({ server, newest: await findNewestWhole(server, used, signal) })),
      );
      artifacts.keepOnly(used);
      const present = found.flatMap(({ server, newest }) => (newest ? [{ server, ...newest }] : []));
      lastSuccess.replace(present.map(({ server, backup }) => [{ server }, toTimestamp(backup.time)]));
      size.replace(present.map(({ server, bytes }) => [{ server }, bytes]));
    },
  };
}
