import { z } from 'zod';

/** What is written down. `rescue`, `undoSwap` and `schedule` are done by the command line itself, without a worker. */
const auditActions = [
  'backup',
  'prune',
  'restore',
  'recover',
  'drill',
  'cutover',
  'approval',
  'rescue',
  'undoSwap',
  'schedule',
  'worker',
] as const;

/** Something that was done, for whoever asks later who did what. Holds no secret and no data. */
export const auditEvent = z.object({
  action: z.enum(auditActions),
  time: z.iso.datetime().describe('when it ended'),
  server: z.string().exactOptional(),
  database: z.string().exactOptional(),
  outcome: z
    .enum(['begun', 'committed', 'failed', 'cancelled', 'approved', 'denied', 'timedOut'])
    .describe('begun: what follows is about to be done, and another event says how it ended'),
  workflowId: z.string().exactOptional(),
  runId: z.string().exactOptional(),
  startedBy: z
    .string()
    .exactOptional()
    .describe('the schedule, or the identity of the Temporal client or of the process, that it began with'),
  requestedBy: z.string().exactOptional().describe('who it was done for, as the request itself says'),
  reason: z.string().exactOptional(),
  approvedBy: z.array(z.string()).exactOptional(),
  facts: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .describe('what it was: backup, what was made, what was replaced, what was deleted'),
  failure: z.object({ type: z.string(), message: z.string() }).exactOptional(),
});

export type AuditEvent = z.infer<typeof auditEvent>;

/**
 * An event as it is stored: with its place among those of the same writer, and the SHA-256 of the whole object before it.
 * Events of the first version have no chain.
 */
export const auditRecord = auditEvent.extend({
  chain: z
    .object({
      writer: z.string().describe('the id of a staging volume, or user@host of a command line'),
      number: z.int().min(1),
      previous: z.string().exactOptional().describe('absent for the first'),
    })
    .exactOptional(),
});

export type AuditRecord = z.infer<typeof auditRecord>;

/** The "directory" of all events. */
export const auditPrefix = 'audit/';

/**
 * The key of an event: `audit/<yyyy>/<mm>/<dd>/<time>_<action>_<id>.json`; the order of keys is that of time.
 *
 * @param id - follows from the event, so that the same event has the same key whoever writes it
 */
export function auditKey({ time, action }: Pick<AuditEvent, 'time' | 'action'>, id: string): string {
  const [day] = time.split('T') as [string];
  return `${auditPrefix}${day.replaceAll('-', '/')}/${time.replaceAll(/[-:]/g, '')}_${action}_${id}.json`;
}

/** When the event of a key happened, and what it was; undefined for a foreign object. */
export function parseAuditKey(key: string): { time: Date; action: string } | undefined {
  const [, date, time, action] =
    /^audit\/\d{4}\/\d\d\/\d\d\/(\d{8})T([\d.]+Z)_([a-zA-Z]+)_[^/]+\.json$/.exec(key) ?? [];
  if (!date || !time || !action) return undefined;
  const iso = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}`;
  const parsed = new Date(iso);
  return Number.isNaN(parsed.getTime()) ? undefined : { time: parsed, action };
}
