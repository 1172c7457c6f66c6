import { execa } from 'execa';
import { escapeIdentifier } from 'pg';
import type { PostgresServer } from '../tools/servers/postgres.js';
import { programEnvironment } from './program-environment.js';
import { time } from './statistics.js';

const database = 'restored_by_pg_restore';

/**
 * Restores an unpacked dump into a fresh database with two pg_restore workers, and drops that database: nothing that
 * restores can be quicker.
 *
 * @param dump the directory that pg_dump made
 * @returns seconds of pg_restore alone
 */
export async function runRestoreFloor(postgres: PostgresServer, dump: string): Promise<number> {
  await postgres.query('postgres', `CREATE DATABASE ${database} TEMPLATE template0`);
  try {
    return await time(() =>
      execa('pg_restore', ['--jobs=2', '--exit-on-error', `--dbname=${database}`, dump], {
        env: programEnvironment(postgres),
        stdin: 'ignore',
      }),
    );
  } finally {
    await dropDatabase(postgres, database);
  }
}

/** Drops a database, whoever made it. */
export async function dropDatabase(postgres: PostgresServer, name: string): Promise<void> {
  await postgres.query('postgres', `DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`);
}
