import { z } from 'zod';
import { MAIN_QUEUE } from './queues.js';
import { encodeName } from './names.js';

const bytes = z.int().nonnegative();
const count = z.int().nonnegative();

/** What `replicate` answers, once the store has everything. Kept under 4 KiB. */
export const replicationResult = z.object({
  server: z.string(),
  store: z.string(),
  objects: count.describe('how many were copied'),
  bytes,
  faults: z
    .array(z.object({ key: z.string(), message: z.string() }))
    .describe('what could not be copied, and is left for people to look at; the first 10'),
  seconds: z.number().nonnegative(),
});

export type ReplicationResult = z.infer<typeof replicationResult>;

/** Answer to the query `progress` of `replicate`. */
export interface ReplicationProgress {
  step: 'copying' | 'waiting' | 'committed' | 'failed' | 'cancelled';
  server?: string;
  store?: string;
  /** Always 0: its heartbeat knows. */
  bytesExpected: 0;
  /** What keeps it from copying; it tries again. */
  trouble?: string;
}

/** What the heartbeat of the activity says beside the bytes that are done. */
export interface ReplicationHeartbeat {
  /** Objects that the store lacked when the pass began, and how many of them have been copied. */
  bytesExpected: number;
  objectsLacking: number;
  objectsDone: number;
}

/** A store that does not have a backup yet that the primary has; it is copied there later. */
export const laggingStore = z.object({ store: z.string(), message: z.string() });
export type LaggingStore = z.infer<typeof laggingStore>;

/** The workflow id under which a server's backups are copied to one store: one at a time. */
export function replicationId(server: string, store: string): string {
  return `${MAIN_QUEUE}/${encodeName(server)}/replicate/${store}`;
}

/** Has a run that copies look once more, when it has done, at what its store lacks. */
export const LOOK_AGAIN = 'look_again';
