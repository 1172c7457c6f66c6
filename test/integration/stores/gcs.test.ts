import { Storage } from '@google-cloud/storage';
import { openStore } from '../../../src/stores/open-store.js';
import { startFakeGcs } from '../../../tools/servers/gcs.js';
import { startGcsWithSessions } from '../../support/gcs-resumable-sessions.js';
import { describeStore, type StoreUnderTest } from './conformance.js';

describeStore('fake-gcs-server, with resumable uploads as documented', startUnderTest);

/** One server for all tests; each test's store has a bucket of its own. */
async function startUnderTest(): Promise<StoreUnderTest> {
  const server = await startFakeGcs();
  const sessions = await startGcsWithSessions(server.endpoint);
  const { endpoint } = sessions;
  const storage = new Storage({ apiEndpoint: endpoint, useAuthWithCustomEndpoint: false });
  let buckets = 0;
  return {
    async open() {
      const bucket = `bucket-${(buckets += 1)}`;
      await server.createBucket(bucket);
      return await openStore({ url: `gs://${bucket}/some/prefix`, endpoint });
    },
    async tamper(store, key, content, sha256) {
      const { host, pathname } = new URL(store.url);
      const file = storage.bucket(host).file(`${pathname.slice(1)}/${key}`);
      await file.save(content, { resumable: false, metadata: { metadata: { sha256 } } });
    },
    async [Symbol.asyncDispose]() {
      await sessions[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}
