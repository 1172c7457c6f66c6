import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../../src/stores/open-store.js';
import { startAzurite } from '../../../tools/servers/azurite.js';
import { startFakeGcs } from '../../../tools/servers/gcs.js';
import { startMinio } from '../../../tools/servers/minio.js';
import { startGcsWithSessions } from '../../support/gcs-resumable-sessions.js';
import { startS3Proxy, type S3Proxy } from './s3-proxy.js';
import { makeSourceFiles } from './source-files.js';

const MIB = 1024 ** 2;
const PART = 8 * MIB;
const script = join(import.meta.dirname, '..', '..', 'support', 'put-file-process.ts');

/** A store of one kind, and how many bytes of files came to it since it was started. */
interface Counted {
  parameters: Parameters<typeof openStore>;
  /** Uploads of this kind send so many parts at once. */
  connections: number;
  received: () => number;
}

let files: Awaited<ReturnType<typeof makeSourceFiles>>;
beforeAll(async () => {
  files = await makeSourceFiles();
});
afterAll(() => files[Symbol.asyncDispose]());

/** What was announced to a proxy, in bodies that are at least a part of a file. */
const sumParts = ({ requests }: S3Proxy) =>
  requests.reduce((sum, { method, headers }) => {
    const bytes = Number(headers['content-length'] ?? 0);
    return method === 'PUT' && bytes >= MIB ? sum + bytes : sum;
  }, 0);

const kinds: Record<string, (use: (counted: Counted) => Promise<void>) => Promise<void>> = {
  async S3(use) {
    await using server = await startMinio({ buckets: ['backups'] });
    await using proxy = await startS3Proxy(server.endpoint);
    const { region, accessKeyId, secretAccessKey } = server;
    const configuration = { url: 's3://backups', endpoint: proxy.endpoint, region };
    const parameters: Counted['parameters'] = [configuration, { accessKeyId, secretAccessKey }];
    await use({ parameters, connections: 4, received: () => sumParts(proxy) });
  },
  async Azure(use) {
    await using server = await startAzurite({ containers: ['backups'] });
    const { origin } = new URL(server.endpoint);
    await using proxy = await startS3Proxy(origin);
    const connectionString = server.connectionString.replace(origin, proxy.endpoint);
    const parameters: Counted['parameters'] = [{ url: 'azure://backups' }, { connectionString }];
    await use({ parameters, connections: 4, received: () => sumParts(proxy) });
  },
  async Google(use) {
    await using server = await startFakeGcs({ buckets: ['backups'] });
    await using sessions = await startGcsWithSessions(server.endpoint);
    await use({
      parameters: [{ url: 'gs://backups', endpoint: sessions.endpoint }],
      connections: 1,
      received: () => sessions.requests.reduce((sum, { received }) => sum + received, 0),
    });
  },
};

test.each(Object.keys(kinds))(
  'an upload to %s that is killed half-way sends at most one part per connection again',
  async (kind) => {
    await kinds[kind]!(async ({ parameters, connections, received }) => {
      const { path, bytes, sha256 } = await files.make(12 * PART);
      const file = { path, bytes, sha256 };
      const [configuration, secrets = {}] = parameters;
      const child = execa(process.execPath, ['--import', 'tsx', script], {
        env: { PUT_FILE: JSON.stringify({ configuration, secrets, file }) },
        reject: false,
        buffer: false,
      });
      for await (const line of createInterface(child.stdout))
        if (Number(line) >= bytes / 2) child.kill('SIGKILL');
      expect((await child).signal).toBe('SIGKILL');

      const store = await openStore(configuration, secrets);
      const options = { signal: new AbortController().signal, onProgress: () => undefined };
      await store.verify('a/file', await store.putFile('a/file', file, options), options);
      const again = received() - bytes;
      expect(again).toBeGreaterThanOrEqual(0);
      expect(again).toBeLessThanOrEqual(connections * PART);
      await store.verify('a/file', { bytes, sha256 }, options);
    });
  },
);
