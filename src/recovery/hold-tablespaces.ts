import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../files/has-code.js';
import { locateRecovery } from './recovered-cluster.js';

/** What PostgreSQL says when it is kept from making a link there. */
export const TABLESPACE_REFUSED = 'could not create symbolic link "pg_tblspc/';

const tablespacesOf = (directory: string) => join(locateRecovery(directory).dataDirectory, 'pg_tblspc');

/**
 * Keeps replay from making tablespaces: it would link them to where they were, and so write over the files of the live server
 * where that is on the same host. PostgreSQL makes the link before it writes anything there, and ends when it cannot.
 *
 * @param directory - of the recovery
 * @see https://doxygen.postgresql.org/tablespace_8c_source.html (`create_tablespace_directories`)
 */
export async function withoutNewTablespaces<T>(directory: string, replay: () => Promise<T>): Promise<T> {
  await chmod(tablespacesOf(directory), 0o500);
  try {
    return await replay();
  } finally {
    await allowTablespaces(directory);
  }
}

/** Lets the directory be written again, and removed: a replay that was killed leaves it as it was kept. */
export async function allowTablespaces(directory: string): Promise<void> {
  await chmod(tablespacesOf(directory), 0o700).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}
