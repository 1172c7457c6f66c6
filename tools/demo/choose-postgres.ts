import { findProgram } from '../install/find-program.js';
import { systemPostgresDirectories } from '../install/postgres-directories.js';
import type { PostgresOptions } from '../servers/postgres.js';

/** TempoNest's own major version of PostgreSQL, where its programs are installed; else the system's. */
export function choosePostgres(): Pick<PostgresOptions, 'major'> {
  const installed = systemPostgresDirectories().filter((directory) => directory.includes('/16/'));
  return process.env.POSTGRES_16_BIN || findProgram('postgres', installed) ? { major: 16 } : {};
}
