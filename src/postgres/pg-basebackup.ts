import { OperationError } from '../model/failures.js';
import type { Compression } from '../model/plan.js';
import type { ServerConnection } from '../model/server-connection.js';
import type { PipelineProgram } from '../programs/run-pipeline.js';
import { libpqEnvironment } from './connection.js';

/** How a physical copy of a server is asked for; see {@link baseBackupProgram}. */
export interface BaseBackupOptions {
  /** Absolute path of the pg_basebackup of the server's own major version. */
  program: string;
  /**
   * A directory to be made, for a tar file of each tablespace, compressed by pg_basebackup itself, and `backup_manifest`;
   * left out, the one tar goes to standard output, the manifest in it.
   */
  into?: { directory: string; compression: Compression; workers: number };
  /** Path of the `backup_manifest` since which only the changes are wanted. */
  incrementalTo?: string;
}

/** Who is told how it goes. */
export interface BaseBackupListener {
  /** Called with the bytes of data that were sent so far, compressed or not, about every second. */
  onBytes: (bytes: number) => void;
  /** Called when it will not end by itself. */
  onStuck: (fault: OperationError) => void;
}

/** What the server warns of, after 60 s, 120 s, 240 s…: it ends no base backup before its own archiver has its WAL. */
const WAITS_FOR_ARCHIVE =
  /still waiting for all required WAL segments to be archived \((\d+) seconds elapsed\)/;
const ARCHIVE_PATIENCE_SECONDS = 200;

/**
 * The program that copies a server's data directory over a replication connection. It takes no WAL: that is archived
 * beside it, and what it lacks the recovery adds.
 *
 * @param listener - what it is told while the program runs
 * @see https://www.postgresql.org/docs/current/app-pgbasebackup.html
 */
export function baseBackupProgram(
  server: ServerConnection,
  { program, into, incrementalTo }: BaseBackupOptions,
  { onBytes, onStuck }: BaseBackupListener,
): PipelineProgram {
  return {
    file: program,
    args: [
      '--format=tar',
      `--pgdata=${into?.directory ?? '-'}`,
      ...(into ? [`--compress=${describeCompression(into)}`] : []),
      ...(incrementalTo === undefined ? [] : [`--incremental=${incrementalTo}`]),
      '--wal-method=none',
      '--checkpoint=fast',
      '--no-password',
      '--no-sync',
      '--progress',
      '--label=temponest-backups',
    ],
    environment: libpqEnvironment(server, 'postgres'),
    onSaid: (line) => {
      const [, kilobytes] = /^\s*(\d+)\/\d+ kB \(/.exec(line) ?? [];
      if (kilobytes !== undefined) onBytes(Number(kilobytes) * 1024);
      const [, waited] = WAITS_FOR_ARCHIVE.exec(line) ?? [];
      if (Number(waited ?? 0) > ARCHIVE_PATIENCE_SECONDS) onStuck(waitsForArchive(server, waited!));
    },
    findFault: (said, hasFailed) => (hasFailed ? findFault(server, said) : undefined),
  };
}

function waitsForArchive({ name }: ServerConnection, waited: string): OperationError {
  return new OperationError(
    'Stalled',
    `Server ${name} has sent everything, and has waited ${waited} s since for its own archive_command, which does not succeed (see pg_stat_archiver); repair it, or set archive_mode = off where nobody needs it.`,
  );
}

/** A number alone is gzip's level, and the only way to say it that each version knows. */
function describeCompression({
  compression: { method, level },
  workers,
}: NonNullable<BaseBackupOptions['into']>): string {
  return method === 'gzip' ? String(level) : `client-zstd:level=${level},workers=${workers}`;
}

/** Whether it failed because it was built without the library of that codec, before it had begun. */
export function lacksCodec(error: unknown): boolean {
  return error instanceof OperationError && error.message.includes('does not support compression');
}

/** What the server cannot or will not do; undefined for what the failures table knows to name. */
function findFault({ name, user }: ServerConnection, said: string): OperationError | undefined {
  const [, host] = /pg_hba\.conf .*replication connection (?:from|for) host "([^"]+)"/.exec(said) ?? [];
  if (host !== undefined) {
    const encrypted = /SSL encryption|SSL on/.test(said) ? 'hostssl' : 'host';
    const address = `${host}/${host.includes(':') ? 128 : 32}`;
    return new OperationError(
      'AuthenticationFailed',
      `Server ${name} refuses replication connections of user ${user} from ${host}; add '${encrypted} replication "${user}" ${address} scram-sha-256' to its pg_hba.conf, and run SELECT pg_reload_conf().`,
    );
  }
  if (/exceeds max_wal_senders|all replication slots|remaining connection slots/.test(said))
    return new OperationError(
      'ServerUnreachable',
      `Server ${name} has no replication connection to spare; raise max_wal_senders in its postgresql.conf, and restart it.`,
    );
  return undefined;
}
