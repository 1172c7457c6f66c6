import { OperationError } from '../model/failures.js';
import { administer } from './administer.js';
import type { RestoreTarget } from './restore-target.js';

/**
 * Does `work` while nobody else, on whatever machine, does it for the same restore: the second one would drop as left
 * over what the first one makes. An advisory lock says so, which the server releases with this session.
 *
 * @throws OperationError `AlreadyRunning`
 * @see https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
 */
export async function holdRestore<T>(
  target: RestoreTarget,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const { server, database, restoreId } = target;
  return administer(target, signal, async (client) => {
    const { rows } = await client.query<{ isHeld: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS "isHeld"',
      [restoreId],
    );
    if (rows[0]!.isHeld) return work();
    throw new OperationError(
      'AlreadyRunning',
      `Somebody else restores this backup into database "${database}" of server ${server.name} at this moment; wait for that, or end it.`,
    );
  });
}
