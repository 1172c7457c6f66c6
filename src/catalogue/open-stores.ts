import type { Configuration } from '../config/schema.js';
import { wantedTimes } from '../config/retention.js';
import { readSecret } from '../config/secrets.js';
import { lockUntil } from '../model/lock-dates.js';
import { openStore, type StoreSecrets } from '../stores/open-store.js';
import type { Store } from '../stores/store.js';

type StoreConfiguration = Configuration['stores'][number];

/** The secrets, the keys of the configuration that name their files, and what people call them. */
const secretFiles = [
  ['accessKeyId', 'accessKeyIdFile', 'access key id'],
  ['secretAccessKey', 'secretAccessKeyFile', 'secret access key'],
  ['connectionString', 'connectionStringFile', 'connection string'],
  ['sasToken', 'sasTokenFile', 'shared access signature'],
  ['credentials', 'credentialsFile', 'credentials'],
] as const satisfies [keyof StoreSecrets, keyof StoreConfiguration, string][];

/** The stores, and all else that says until when their objects are to be locked: not where only a URL is known. */
type StoresConfiguration = Configuration | Pick<Configuration, 'stores'>;

/**
 * Opens the configured stores, the primary first, with their credentials read from their files.
 *
 * @throws OperationError `InvalidConfiguration` when a credential cannot be read
 */
export async function openStores(configuration: StoresConfiguration): Promise<[Store, ...Store[]]> {
  const wanted = 'retention' in configuration ? wantedTimes(configuration) : undefined;
  const untilOf = (key: string) => wanted && lockUntil(key, wanted, new Date());
  const opened = await Promise.all(
    configuration.stores.map(async (store) => await openStore(store, await readSecrets(store), untilOf)),
  );
  return opened as [Store, ...Store[]]; // the schema asks for one at least
}

async function readSecrets(store: StoreConfiguration): Promise<StoreSecrets> {
  const secrets: StoreSecrets = {};
  for (const [name, key, what] of secretFiles) {
    const file = store[key];
    if (file !== undefined) secrets[name] = await readSecret(file, `${what} of store ${store.url}`);
  }
  return secrets;
}
