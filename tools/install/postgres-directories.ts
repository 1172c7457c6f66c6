import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const debian = '/usr/lib/postgresql';

/** The directories in which Debian and Ubuntu keep PostgreSQL's programs, newest major version first. */
export function systemPostgresDirectories(): string[] {
  if (!existsSync(debian)) return [];
  return readdirSync(debian)
    .sort((a, b) => Number(b) - Number(a))
    .map((major) => join(debian, major, 'bin'));
}
