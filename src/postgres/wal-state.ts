import type { Client } from 'pg';
import { OperationError } from '../model/failures.js';
import { parseLsn, type Lsn } from '../model/wal-segment.js';

/** Where a server that writes WAL is. */
export interface WalState {
  systemIdentifier: string;
  timeline: number;
  /** Size of a segment, in bytes. */
  segmentBytes: number;
  /** Everything before it is on the server's disk. */
  flushed: Lsn;
  /** Where the next record goes. */
  inserted: Lsn;
}

/**
 * Reads where the server is.
 *
 * @throws OperationError `ServerUnreachable` for one that recovers, which writes no WAL of its own: it may be promoted yet
 */
export async function readWalState(client: Client): Promise<WalState> {
  const { rows } = await client.query<{ standby: boolean; system: string; bytes: string }>(
    `SELECT pg_is_in_recovery() AS standby,
            (SELECT system_identifier::text FROM pg_control_system()) AS system,
            pg_size_bytes(current_setting('wal_segment_size'))::text AS bytes`,
  );
  const { standby, system, bytes } = rows[0]!;
  if (standby)
    throw new OperationError(
      'ServerUnreachable',
      `Server ${client.host}:${client.port} is in recovery; if it is a standby, set host of the server in backups.yaml to its primary.`,
    );
  const { rows: positions } = await client.query<{ name: string; flushed: string; inserted: string }>(
    `SELECT pg_walfile_name(pg_current_wal_insert_lsn()) AS name,
            pg_current_wal_flush_lsn()::text AS flushed, pg_current_wal_insert_lsn()::text AS inserted`,
  );
  const [{ name, flushed, inserted }] = positions as [(typeof positions)[number]];
  return {
    systemIdentifier: system,
    // The control file knows of a promotion only after the next checkpoint.
    timeline: Number.parseInt(name.slice(0, 8), 16),
    segmentBytes: Number(bytes),
    flushed: parseLsn(flushed)!,
    inserted: parseLsn(inserted)!,
  };
}

/**
 * Ends the segment being written, so that it can be archived whole; nothing where it holds nothing.
 *
 * @returns the position up to which everything is in segments that have ended
 * @throws OperationError `PermissionDenied` for a role that may not
 */
export async function switchWal(client: Client): Promise<Lsn> {
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_switch_wal()::text AS lsn');
  return parseLsn(rows[0]!.lsn)!;
}

/** How far a WAL receiver of that application name has written; undefined while there is none. */
export async function readReceived(client: Client, applicationName: string): Promise<Lsn | undefined> {
  const { rows } = await client.query<{ lsn: string | null }>(
    'SELECT max(write_lsn)::text AS lsn FROM pg_stat_replication WHERE application_name = $1',
    [applicationName],
  );
  return parseLsn(rows[0]?.lsn ?? '');
}

/**
 * Makes sure that the role may stream WAL, keep a slot and end a segment, and that the server has WAL to stream.
 *
 * @throws OperationError `PermissionDenied` or `InvalidConfiguration` with the statement that helps
 */
export async function requireWalRights(client: Client): Promise<void> {
  const { rows } = await client.query<{
    role: string;
    level: string;
    replicates: boolean;
    switches: boolean;
  }>(
    `SELECT quote_ident(rolname) AS role, current_setting('wal_level') AS level,
            rolreplication OR rolsuper AS replicates,
            has_function_privilege('pg_switch_wal()', 'EXECUTE') AS switches
       FROM pg_roles WHERE rolname = current_user`,
  );
  const { role, level, replicates, switches } = rows[0]!;
  if (level === 'minimal')
    throw new OperationError(
      'InvalidConfiguration',
      'The server has wal_level=minimal, which leaves out what recovery needs; set wal_level=replica and restart it.',
    );
  if (!replicates)
    throw new OperationError(
      'PermissionDenied',
      `WAL cannot be streamed; run: ALTER ROLE ${role} REPLICATION.`,
    );
  if (!switches)
    throw new OperationError(
      'PermissionDenied',
      `A segment cannot be ended early; run: GRANT EXECUTE ON FUNCTION pg_switch_wal() TO ${role}.`,
    );
}
