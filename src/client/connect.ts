import { Client, Connection } from '@temporalio/client';
import type { Environment } from '../config/environment.js';
import { temporalUnreachable } from '../config/temporal-unreachable.js';
import { explainTemporalError } from './explain-temporal-error.js';

/** How long a Temporal that does not answer is waited for, in milliseconds. */
const CONNECT_TIMEOUT = 4000;

/**
 * Lends `use` a client of the Temporal that the environment names, and closes the connection afterwards.
 *
 * @throws OperationError `ServerUnreachable` when Temporal does not answer
 */
export async function withTemporal<T>(
  { temporal, identity }: Pick<Environment, 'temporal' | 'identity'>,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const { connectionOptions, namespace } = temporal;
  const { address } = connectionOptions;
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...connectionOptions, connectTimeout: CONNECT_TIMEOUT });
  } catch (cause) {
    throw temporalUnreachable(address, cause);
  }
  try {
    return await use(new Client({ connection, namespace, identity }));
  } catch (error) {
    throw explainTemporalError(error, { address, namespace });
  } finally {
    await connection.close();
  }
}
