// Stores a file as the process that is to be killed: PUT_FILE holds what to store where, as JSON. Prints how many bytes are
// durable, one number a line.
import type { StoreConfiguration } from '../../src/model/store-configuration.js';
import { openStore, type StoreSecrets } from '../../src/stores/open-store.js';
import type { SourceFile } from '../../src/stores/store.js';

const { configuration, secrets, file } = JSON.parse(process.env.PUT_FILE!) as {
  configuration: StoreConfiguration;
  secrets: StoreSecrets;
  file: SourceFile;
};
const store = await openStore(configuration, secrets);
await store.putFile('a/file', file, {
  signal: new AbortController().signal,
  onProgress: (bytesDone) => process.stdout.write(`${bytesDone}\n`),
});
