import type { Store } from '../stores/store.js';
import { findLacking } from './find-lacking.js';
import { listObjects } from './list-objects.js';

/**
 * How far a replica is behind the primary with what a recovery needs. Reports and audit events do not count: they are written
 * at any time, and copied with the next backup.
 */
export interface ReplicaLag {
  /** The replica's name. */
  store: string;
  objects: number;
  bytes: number;
  /** Since when the oldest object that it lacks has been in the primary; absent when it lacks none. */
  since?: Date;
  /** Keys under which it holds something of another size than the primary. */
  different: string[];
}

/** Tells how far a replica is behind the primary with a server's backups. Lists both; reads nothing. */
export async function measureLag(
  primary: Store,
  replica: Store,
  server: string,
  signal: AbortSignal,
): Promise<ReplicaLag> {
  const held = await listObjects(primary, server, signal);
  const found = findLacking(held, await listObjects(replica, server, signal));
  const lacking = found.lacking.filter(({ kind }) => kind !== 'document');
  return {
    store: replica.name,
    objects: lacking.reduce((sum, { objects }) => sum + objects.length, 0),
    bytes: lacking.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(lacking[0] ? { since: lacking[0].since } : {}),
    different: found.different,
  };
}

/** How long the oldest object that a replica lacks has been in the primary, in seconds; 0 when it lacks none. */
export function lagSeconds({ since }: Pick<ReplicaLag, 'since'>, now: Date): number {
  return since === undefined ? 0 : Math.max(0, (now.getTime() - since.getTime()) / 1000);
}
