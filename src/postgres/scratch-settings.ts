import { totalmem } from 'node:os';

const MEGABYTE = 1 << 20;

/** The share of memory that one use of it may take, between bounds, as PostgreSQL writes sizes. */
function sixteenthOf(memory: number, least: number, most: number): string {
  return `${Math.floor(Math.min(Math.max(memory / 16, least), most) / 1024)}kB`;
}

/**
 * How a server is run whose data nobody will miss: nothing is synced or logged for the case of a crash of the machine,
 * and nothing goes on beside the work it is given.
 *
 * @see https://www.postgresql.org/docs/current/populate.html
 */
export function scratchSettings(): Record<string, string> {
  // Without a limit on the container, the second is a number beyond all memory.
  const memory = Math.min(totalmem(), process.constrainedMemory());
  return {
    listen_addresses: '',
    // Relative to the data directory, where nobody else can reach it.
    unix_socket_directories: '.',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '4GB',
    checkpoint_timeout: '1h',
    autovacuum: 'off',
    shared_buffers: sixteenthOf(memory, 128 * MEGABYTE, 1024 * MEGABYTE),
    maintenance_work_mem: sixteenthOf(memory, 64 * MEGABYTE, 1024 * MEGABYTE),
    // In the data directory: a container's /dev/shm is small, and what a killed server leaves there nobody removes.
    dynamic_shared_memory_type: 'mmap',
    // pg_dump locks every table of a database at once, and a live server may have been given room for more.
    max_locks_per_transaction: '1024',
    // Where a tablespace would be is in the data directory, not where it was on the live server.
    allow_in_place_tablespaces: 'on',
    // The log becomes part of an error; statements, which may hold a password, must not.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
  };
}
