import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { PostgresServer } from '../tools/servers/postgres.js';
import { programEnvironment } from './program-environment.js';

/** Dumps databases one after another with two pg_dump workers each, uncompressed: nothing that dumps can be quicker. */
export async function runFloor(
  postgres: PostgresServer,
  databases: readonly string[],
  directory: string,
): Promise<void> {
  await mkdir(directory);
  for (const database of databases) {
    await execa(
      'pg_dump',
      [
        ...['--format=directory', '--jobs=2', '--compress=0', `--file=${join(directory, database)}`],
        `--dbname=${database}`,
      ],
      { env: programEnvironment(postgres), stdin: 'ignore' },
    );
  }
}

/** Removes what the floor made. */
export async function tidyFloor(directory: string): Promise<void> {
  await rm(directory, { recursive: true });
}
