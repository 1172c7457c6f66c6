import type { Client } from 'pg';
import { formatLsn, parseLsn, type Lsn } from '../model/wal-segment.js';

/** What keeps WAL on the server. */
export interface ReplicationSlot {
  /** The server keeps everything from here on. */
  restart: Lsn;
}

/**
 * A physical replication slot by its name; undefined when there is none, or none of use: the server gives one up that holds
 * back more than `max_slot_wal_keep_size`.
 *
 * @see https://www.postgresql.org/docs/current/view-pg-replication-slots.html
 */
export async function readSlot(client: Client, name: string): Promise<ReplicationSlot | undefined> {
  const { rows } = await client.query<{ restart: string | null; status: string | null }>(
    `SELECT restart_lsn::text AS restart, wal_status AS status
       FROM pg_replication_slots WHERE slot_name = $1 AND slot_type = 'physical'`,
    [name],
  );
  const [row] = rows;
  const restart = parseLsn(row?.restart ?? '');
  return restart === undefined || row?.status === 'lost' ? undefined : { restart };
}

/** Makes a slot that keeps WAL from now on, in the place of one that was given up. */
export async function renewSlot(client: Client, name: string): Promise<ReplicationSlot> {
  await client.query(
    'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1',
    [name],
  );
  // Reserved at once: it would else keep nothing before somebody streams by it.
  await client.query('SELECT pg_create_physical_replication_slot($1, true)', [name]);
  return (await readSlot(client, name))!;
}

/**
 * Lets the server remove what it keeps before a position; an earlier one changes nothing.
 *
 * @returns from where on the server keeps WAL now; undefined when there is no such slot any more
 */
export async function advanceSlot(client: Client, name: string, to: Lsn): Promise<Lsn | undefined> {
  const { rows } = await client.query<{ end: string }>(
    `SELECT moved.end_lsn::text AS end
       FROM pg_replication_slots AS slot,
            pg_replication_slot_advance(slot.slot_name, greatest($2::pg_lsn, slot.restart_lsn)) AS moved
      WHERE slot.slot_name = $1 AND slot.restart_lsn IS NOT NULL`,
    [name, formatLsn(to)],
  );
  return parseLsn(rows[0]?.end ?? '');
}
