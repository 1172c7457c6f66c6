import type { Client } from 'pg';
import { OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { readServerFacts, type ServerFacts } from './server-facts.js';

/** What a server says of itself as a whole, for a physical copy of it. */
export interface ClusterFacts extends ServerFacts {
  /** Size of a WAL segment, in bytes. */
  walSegmentBytes: number;
  /** Of all its tablespaces, in bytes. */
  dataBytes: number;
  /** Those of its own making. */
  tablespaces: { oid: string; name: string; location: string }[];
  /** Whether it keeps what incremental backups need (PostgreSQL 17 and newer). */
  summarizesWal: boolean;
  /** The role that initdb made, whatever it is called now. */
  superuser: string;
}

/** Reads what a base backup has to know of its server. */
export async function readClusterFacts(client: Client): Promise<ClusterFacts> {
  const facts = await readServerFacts(client);
  const { rows } = await client.query<{
    segment: string;
    bytes: string;
    summarizes: boolean;
    superuser: string;
  }>(
    `SELECT pg_size_bytes(current_setting('wal_segment_size'))::text AS segment,
            (SELECT sum(pg_tablespace_size(oid)) FROM pg_tablespace)::text AS bytes,
            coalesce(current_setting('summarize_wal', true), 'off') = 'on' AS summarizes,
            (SELECT rolname FROM pg_roles WHERE oid = 10) AS superuser`,
  );
  const { rows: tablespaces } = await client.query<ClusterFacts['tablespaces'][number]>(
    `SELECT oid::text AS oid, spcname AS name, pg_tablespace_location(oid) AS location
       FROM pg_tablespace WHERE spcname !~ '^pg_' ORDER BY oid`,
  );
  const { segment, bytes, summarizes, superuser } = rows[0]!;
  return {
    ...facts,
    walSegmentBytes: Number(segment),
    dataBytes: Number(bytes),
    tablespaces,
    summarizesWal: summarizes,
    superuser,
  };
}

/**
 * Refuses a server that gives nobody a physical copy of itself, or not to this role. What pg_hba.conf allows shows only
 * when one connects.
 *
 * @throws OperationError `InvalidConfiguration` or `PermissionDenied`, with the statement or setting that helps
 * @see https://www.postgresql.org/docs/current/app-pgbasebackup.html (Notes)
 */
export async function requireReplication(
  client: Client,
  { name, user }: Pick<ServerConnection, 'name' | 'user'>,
): Promise<void> {
  const { rows } = await client.query<{ level: string; senders: number; allowed: boolean; quoted: string }>(
    `SELECT current_setting('wal_level') AS level, current_setting('max_wal_senders')::int AS senders,
            rolreplication OR rolsuper AS allowed, quote_ident(rolname) AS quoted
       FROM pg_roles WHERE rolname = current_user`,
  );
  const { level, senders, allowed, quoted } = rows[0]!;
  const restart = 'in its postgresql.conf, and restart it';
  if (level === 'minimal')
    throw new OperationError(
      'InvalidConfiguration',
      `Server ${name} runs with wal_level = minimal, which keeps too little WAL for a base backup; set wal_level = replica ${restart}.`,
    );
  if (senders === 0)
    throw new OperationError(
      'InvalidConfiguration',
      `Server ${name} runs with max_wal_senders = 0, which allows no base backup; set max_wal_senders = 10 ${restart}.`,
    );
  if (!allowed)
    throw new OperationError(
      'PermissionDenied',
      `User ${user} of server ${name} may not make base backups; run there: ALTER ROLE ${quoted} REPLICATION.`,
    );
}

/** A moment of a server. */
export interface ClusterMoment {
  /** ISO 8601, UTC, by its clock. */
  time: string;
  lsn: string;
  timeline: number;
}

/** A moment that lies before everything that a base backup begun from now on needs of the log. */
export async function readMomentBefore(client: Client): Promise<ClusterMoment> {
  // A standby makes no checkpoint of its own, and so may begin at the one that it has.
  return readMoment(client, '(SELECT redo_lsn FROM pg_control_checkpoint())');
}

/** A moment that lies after everything that a base backup that has ended needs of the log. */
export async function readMomentAfter(client: Client): Promise<ClusterMoment> {
  return readMoment(client, 'pg_last_wal_replay_lsn()');
}

async function readMoment(client: Client, onStandby: string): Promise<ClusterMoment> {
  const { rows } = await client.query<ClusterMoment>(
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time,
            CASE WHEN pg_is_in_recovery() THEN ${onStandby} ELSE pg_current_wal_lsn() END::text AS lsn,
            (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline`,
  );
  return rows[0]!;
}
