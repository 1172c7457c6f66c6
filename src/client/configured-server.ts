import { resolveConnection } from '../config/connections.js';
import type { Environment } from '../config/environment.js';
import type { Configuration, ServerConfiguration } from '../config/schema.js';
import { openStores } from '../catalogue/open-stores.js';
import { OperationError } from '../model/failures.js';
import { nameOfStore } from '../model/store-configuration.js';
import { configuredDatabases } from '../postgres/configured-databases.js';
import type { Store } from '../stores/store.js';

/** Commands that read a store run until they are done; Ctrl-C ends the process. */
export const untilDone: AbortSignal = new AbortController().signal;

/**
 * Opens one of the configured stores, the primary by default.
 *
 * @param name - as `store` in a plan or manifest; other stores' credentials are then not needed
 * @throws OperationError `InvalidArgument` when no store has that name
 */
export async function openConfiguredStore(configuration: Configuration, name?: string): Promise<Store> {
  const wanted =
    name === undefined
      ? configuration.stores[0]
      : configuration.stores.find((store) => nameOfStore(store) === name);
  if (!wanted)
    throw new OperationError(
      'InvalidArgument',
      `Store "${name}" is not configured; use one of: ${configuration.stores.map(nameOfStore).join(', ')}.`,
    );
  const [store] = await openStores({ ...configuration, stores: [wanted] });
  return store;
}

/** The databases of a server that are backed up; the server is asked only when backups.yaml lists none. */
export function databasesOf(
  server: ServerConfiguration,
  { passFile }: Pick<Environment, 'passFile'>,
): Promise<string[]> {
  return configuredDatabases(server, () => resolveConnection(server, passFile), untilDone);
}
