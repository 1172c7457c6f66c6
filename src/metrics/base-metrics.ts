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
  const unreadable = addGauge(
    registry,
    'base_backup_unreadable',
    'Base backups newer than that one that cannot be understood, or whose artifact is not what was made',
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
  ): Promise<{ backup?: ListedBaseBackup; bytes: number; passedOver: number }> => {
    const { backups } = await listBaseObjects(store, server, signal);
    let passedOver = 0;
    for (const backup of backups.reverse()) {
      if (isFromFuture(backup.time, new Date())) continue;
      used.add(backup.manifestKey);
      const read = await artifacts.recall(backup.manifestKey, signal);
      const made = 'facts' in read ? read.facts : undefined;
      if (made && backup.artifacts.some(({ key, bytes }) => key === made.key && bytes === made.bytes))
        return { backup, bytes: made.bytes, passedOver };
      passedOver += 1;
    }
    return { bytes: 0, passedOver };
  };
  return {
    name: 'base',
    registry,
    async refresh(signal) {
      const used = new Set<string>();
      const found = await Promise.all(
        servers.map(async (server) => ({ server, ...(await findNewestWhole(server, used, signal)) })),
      );
      artifacts.keepOnly(used);
      lastSuccess.replace(
        found.flatMap(({ server, backup }) =>
          backup ? [[{ server }, toTimestamp(backup.time)] as const] : [],
        ),
      );
      size.replace(
        found.flatMap(({ server, backup, bytes }) => (backup ? [[{ server }, bytes] as const] : [])),
      );
      unreadable.replace(found.map(({ server, passedOver }) => [{ server }, passedOver]));
    },
  };
}
