import { BlobServiceClient } from '@azure/storage-blob';
import { openStore } from '../../../src/stores/open-store.js';
import { startAzurite } from '../../../tools/servers/azurite.js';
import { describeStore, type StoreUnderTest } from './conformance.js';

describeStore('Azurite', startUnderTest);

/** One server for all tests; each test's store has a container of its own. */
async function startUnderTest(): Promise<StoreUnderTest> {
  const server = await startAzurite();
  const service = BlobServiceClient.fromConnectionString(server.connectionString);
  let containers = 0;
  return {
    async open() {
      const container = `container-${(containers += 1)}`;
      await server.createContainer(container);
      return await openStore({ url: `azure://${container}/some/prefix` }, server);
    },
    async tamper(store, key, content, sha256) {
      const { host, pathname } = new URL(store.url);
      const blob = service.getContainerClient(host).getBlockBlobClient(`${pathname.slice(1)}/${key}`);
      await blob.upload(content, content.length, { metadata: { sha256 } });
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
