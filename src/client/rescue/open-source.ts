import { openStores } from '../../catalogue/open-stores.js';
import { listServers } from '../../catalogue/list-servers.js';
import { resolveServer } from '../../config/resolve.js';
import type { Configuration } from '../../config/schema.js';
import { OperationError } from '../../model/failures.js';
import { storeConfiguration } from '../../model/store-configuration.js';
import type { Store } from '../../stores/store.js';
import { openConfiguredStore } from '../configured-server.js';
import type { Context } from '../context.js';
import { storeFields, toOption, type SourceOptions } from './options.js';

/** Where backups are read. */
export interface Source {
  stores: readonly [Store, ...Store[]];
  /** What their keys call the server. */
  server: string;
  /** Not there when a store's URL was given. */
  configuration?: Configuration;
}

/**
 * Opens what the options name: a store by its URL, with no configuration at all; else the stores of the configuration.
 *
 * @throws OperationError `InvalidArgument` when the store holds several servers' backups and none is named
 */
export async function openSource(
  context: Context,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<Source> {
  if (options.store?.includes('://')) {
    const stores = await openStores({ stores: [parseStore(options)] });
    return { stores, server: await chooseServer(stores[0], options.server, signal) };
  }
  const configuration = await context.loadConfiguration();
  const { name: server } = resolveServer(configuration, options.server);
  const stores =
    options.store === undefined
      ? await openStores(configuration)
      : ([await openConfiguredStore(configuration, options.store)] as const);
  return { stores, server, configuration };
}

function parseStore({ store: url, ...options }: SourceOptions) {
  const given = Object.fromEntries(storeFields.map((field) => [field, options[field]]));
  const parsed = storeConfiguration.safeParse({ url, ...given });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path, message }) =>
      `${path[0] === 'url' ? '--store' : toOption(String(path[0]))} ${nameOptions(message)}`,
  );
  throw new OperationError('InvalidArgument', `${faults.join('; ')}; correct it and start again.`);
}

const nameOptions = (message: string) =>
  storeFields.reduce((text, field) => text.replaceAll(field, toOption(field)), message);

async function chooseServer(store: Store, wanted: string | undefined, signal: AbortSignal): Promise<string> {
  const servers = await listServers(store, signal);
  const [only, another] = servers;
  if (only === undefined)
    throw new OperationError(
      'BackupNotFound',
      `Store ${store.url} holds no backups; check its URL, with the prefix that backups.yaml had.`,
    );
  if (wanted === undefined && another === undefined) return only;
  if (wanted !== undefined && servers.includes(wanted)) return wanted;
  throw new OperationError(
    'InvalidArgument',
    `Store ${store.url} holds ${wanted === undefined ? '' : `no backups of server "${wanted}" but `}those of ${servers.join(', ')}; name one with --server.`,
  );
}
