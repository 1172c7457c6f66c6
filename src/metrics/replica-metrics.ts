import { Registry } from 'prom-client';
import { lagSeconds, type ReplicaLag } from '../replication/measure-lag.js';
import { addGauge, type MetricsPart } from './part.js';

/** How often, in milliseconds: both stores are listed whole. */
const INTERVAL = 600_000;

/** One server's backups in one replica. */
export interface ReplicatedServer {
  server: string;
  store: string;
  measure(signal: AbortSignal): Promise<ReplicaLag>;
}

/** How far the replicas are behind the primary. */
export function replicaMetrics(replicas: readonly ReplicatedServer[]): MetricsPart {
  const registry = new Registry();
  const seconds = addGauge(
    registry,
    'backup_replica_lag_seconds',
    'How long the oldest object that a replica lacks has been in the primary store, in seconds',
    ['server', 'store'],
  );
  const bytes = addGauge(
    registry,
    'backup_replica_lag_bytes',
    'What a replica lacks of the primary store, in bytes',
    ['server', 'store'],
  );
  const different = addGauge(
    registry,
    'backup_replica_different_objects',
    'Objects that a replica holds in another size than the primary store',
    ['server', 'store'],
  );
  const startedAt = new Date();
  /** What was found last, and when. */
  const known = new Map<ReplicatedServer, { lag: ReplicaLag; at: Date }>();
  const look = async (replica: ReplicatedServer, signal: AbortSignal, now: Date) => {
    const labels = { server: replica.server, store: replica.store };
    try {
      const lag = await replica.measure(signal);
      known.set(replica, { lag, at: now });
      return { labels, lag, seconds: lagSeconds(lag, now) };
    } catch {
      signal.throwIfAborted();
      const last = known.get(replica);
      // One that cannot be asked has received nothing since it was; what it had before this process began nobody knows.
      const since = last?.lag.since ?? last?.at ?? startedAt;
      return { labels, lag: last?.lag, seconds: lagSeconds({ since }, now) };
    }
  };
  return {
    name: 'replicas',
    registry,
    interval: INTERVAL,
    async refresh(signal) {
      const now = new Date();
      const found = await Promise.all(replicas.map((replica) => look(replica, signal, now)));
      seconds.replace(found.map(({ labels, seconds: waited }) => [labels, waited]));
      bytes.replace(found.flatMap(({ labels, lag }) => (lag ? [[labels, lag.bytes] as const] : [])));
      different.replace(
        found.flatMap(({ labels, lag }) => (lag ? [[labels, lag.different.length] as const] : [])),
      );
    },
  };
}
