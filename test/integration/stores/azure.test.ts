import { buffer } from 'node:stream/consumers';
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  BlobServiceClient,
  StorageSharedKeyCredential,
  generateAccountSASQueryParameters,
} from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreConfiguration } from '../../../src/model/store-configuration.js';
import { openStore } from '../../../src/stores/open-store.js';
import type { Store, TransferOptions } from '../../../src/stores/store.js';
import { startAzurite, type Azurite } from '../../../tools/servers/azurite.js';
import { findFreePort } from '../../../tools/servers/free-port.js';
import { describeStore, type StoreUnderTest } from './conformance.js';
import { startS3Proxy, type Interference, type ProxiedRequest, type S3Proxy } from './s3-proxy.js';
import { makeSourceFiles } from './source-files.js';

const PART = 8 * 1024 ** 2;
const HOUR_MS = 3_600_000;
const never = new AbortController().signal;
const transfer = (options: Partial<TransferOptions> = {}): TransferOptions => ({
  signal: never,
  onProgress: () => undefined,
  ...options,
});

describeStore('Azurite', startUnderTest);

describe('the Azure store', () => {
  let server: Azurite;
  let files: Awaited<ReturnType<typeof makeSourceFiles>>;
  beforeAll(async () => {
    server = await startAzurite({ containers: ['backups'] });
    files = await makeSourceFiles();
  });
  afterAll(async () => {
    await files[Symbol.asyncDispose]();
    await server.stop();
  });

  const openOwn = (path: string, configuration: Partial<StoreConfiguration> = {}, secrets: object = server) =>
    openStore({ name: 'primary', url: `azure://${path}`, ...configuration }, secrets);

  /** Runs `use` on a store behind a proxy. */
  async function withProxy(
    prefix: string,
    interference: Interference,
    use: (store: Store, proxy: S3Proxy) => Promise<void>,
  ): Promise<void> {
    await using proxy = await startS3Proxy(new URL(server.endpoint).origin, interference);
    const connectionString = server.connectionString.replace(new URL(server.endpoint).origin, proxy.endpoint);
    await use(await openOwn(`backups/${prefix}`, {}, { connectionString }), proxy);
  }

  /** The index of a block in the file, of a request that sends one. */
  function blockOf({ method, url }: ProxiedRequest): number[] {
    const id = new URL(url, 'http://any').searchParams.get('blockid');
    return method === 'PUT' && id !== null ? [Buffer.from(id, 'base64').readUInt32BE(0)] : [];
  }

  it('goes on with only the blocks that the store does not have', async () => {
    const answered: number[] = [];
    const noted: Interference = {
      holdAnswer: (request) => void answered.push(...blockOf(request)),
    };
    await withProxy('continued', noted, async (store, proxy) => {
      const file = await files.make(9 * PART + 1);
      const interruption = new AbortController();
      const onProgress = (done: number) => {
        if (done >= 3 * PART) interruption.abort(new Error('interrupted'));
      };
      await expect(
        store.putFile('a/file', file, transfer({ signal: interruption.signal, onProgress })),
      ).rejects.toThrow('interrupted');
      const present = [...answered];
      expect(present.length).toBeGreaterThanOrEqual(3);

      proxy.requests.length = 0;
      await store.verify('a/file', await store.putFile('a/file', file, transfer()), transfer());
      const sent = proxy.requests.flatMap(blockOf);
      expect(sent.filter((index) => present.includes(index))).toEqual([]);
      expect(new Set(sent).size).toBe(sent.length);
      expect(file.content.equals(await buffer(await store.openRead('a/file', never)))).toBe(true);
    });
  });

  it('sends a block again that the store refuses in passing, and only that', async () => {
    let failures = 0;
    const answer: Interference['answer'] = (request) =>
      blockOf(request)[0] === 1 && (failures += 1) <= 2 ? 503 : undefined;
    await withProxy('passing', { answer }, async (store, proxy) => {
      const file = await files.make(3 * PART);
      await store.verify('a/file', await store.putFile('a/file', file, transfer()), transfer());
      expect(proxy.requests.flatMap(blockOf).sort()).toEqual([0, 1, 1, 1, 2]);
    });
  });

  it.each([1000, 2 * PART])('refuses %d bytes that were damaged on their way', async (bytes) => {
    let sent = 0;
    const damage = (request: ProxiedRequest) => blockOf(request)[0] === 0 && (sent += 1) === 1;
    await withProxy(`damaged-${bytes}`, { damage }, async (store) => {
      const file = await files.make(bytes);
      await expect(store.putFile('a/file', file, transfer())).rejects.toMatchObject({
        type: 'StoreUnreachable',
        message: expect.stringContaining('damaged on its way') as string,
      });
      expect(await store.describe('a/file', never)).toBeUndefined();
      await store.verify('a/file', await store.putFile('a/file', file, transfer()), transfer());
    });
  });

  it('verifies what it stored without a download', async () => {
    await withProxy('verified', {}, async (store, proxy) => {
      const receipt = await store.putFile('a/file', await files.make(2 * PART), transfer());
      proxy.requests.length = 0;
      await store.verify('a/file', receipt, transfer());
      expect(proxy.requests.map(({ method, url }) => `${method} ${url.includes('comp=blocklist')}`)).toEqual([
        'HEAD false',
        'GET true',
      ]);
    });
  });

  it('gives an object the access tier of its kind, and documents none', async () => {
    const store = await openOwn('backups/tiers', { storageClass: { backups: 'Cool', wal: 'Cold' } });
    await store.putFile('postgres/s/d/small', await files.make(10), transfer());
    await store.putFile('postgres/s/d/file', await files.make(128 * 1024), transfer());
    await store.putFile('wal/s/1/segment', await files.make(128 * 1024), transfer());
    await store.putDocument('postgres/s/d/id.manifest.json', Buffer.from('{}'), never);
    const container = BlobServiceClient.fromConnectionString(server.connectionString).getContainerClient(
      'backups',
    );
    const tiers: Record<string, string | undefined> = {};
    for await (const { name, properties } of container.listBlobsFlat({ prefix: 'tiers/' }))
      tiers[name] = properties.accessTier;
    expect(tiers).toEqual({
      'tiers/postgres/s/d/small': 'Hot',
      'tiers/postgres/s/d/file': 'Cool',
      'tiers/postgres/s/d/id.manifest.json': 'Hot',
      'tiers/wal/s/1/segment': 'Cold',
    });
  });

  // Azurite takes the policy and forgets it; what it was sent is what Azure documents.
  it.each([
    ['governance', 'unlocked'],
    ['compliance', 'locked'],
  ] as const)('that locks sends the immutability policy of %s with every object', async (mode, expected) => {
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 86_400_000);
    await using proxy = await startS3Proxy(new URL(server.endpoint).origin);
    const connectionString = server.connectionString.replace(new URL(server.endpoint).origin, proxy.endpoint);
    const configuration = { url: `azure://backups/${mode}`, lock: { mode } };
    const store = await openStore(configuration, { connectionString }, () => until);
    await store.putFile('postgres/s/d/file', await files.make(2 * PART), transfer());
    await store.putDocument('postgres/s/d/id.manifest.json', Buffer.from('{}'), never);
    const made = proxy.requests.filter(({ method, url }) => method === 'PUT' && !url.includes('comp=block&'));
    expect(made).toHaveLength(2);
    for (const { headers } of made) {
      expect(String(headers['x-ms-immutability-policy-mode']).toLowerCase()).toBe(expected);
      expect(new Date(String(headers['x-ms-immutability-policy-until-date']))).toEqual(until);
    }
  });

  it('that is to lock refuses a container without version-level immutability', async () => {
    const store = await openOwn('backups/unlocked', { lock: { mode: 'compliance' } });
    await expect(store.check(never)).rejects.toMatchObject({
      type: 'InvalidConfiguration',
      message: expect.stringContaining(
        'the container has no version-level immutability; enable it',
      ) as string,
    });
  });

  /** A signature for all that the store does. */
  function sign(expiresOn: Date, permissions = 'rwdlac'): string {
    return generateAccountSASQueryParameters(
      {
        expiresOn,
        startsOn: new Date(expiresOn.getTime() - 2 * HOUR_MS),
        permissions: AccountSASPermissions.parse(permissions),
        resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
        services: AccountSASServices.parse('b').toString(),
      },
      new StorageSharedKeyCredential(server.account, server.accountKey),
    ).toString();
  }

  it.each(['', '?'])(
    'works with a shared access signature, also one that begins with "%s"',
    async (start) => {
      const sasToken = start + sign(new Date(Date.now() + HOUR_MS));
      const store = await openOwn(`backups/sas${start.length}`, { endpoint: server.endpoint }, { sasToken });
      const file = await files.make(2 * PART);
      await store.verify('a/file', await store.putFile('a/file', file, transfer()), transfer());
      await store.delete('a/file', never);
    },
  );

  describe('says in one sentence what is wrong and what to do', () => {
    async function faultOf(store: Store, secret = server.accountKey) {
      const error = (await store.check(never).catch((reason: unknown) => reason)) as Error & { type: string };
      expect(error.message).toMatch(/^Store "primary" \(azure:\/\/[^)]+\): [^.;]+ \([^)]+\); [^;]+\.$/);
      expect(JSON.stringify([error, error.message, error.cause, error.stack])).not.toContain(secret);
      return `${error.type}: ${error.message}`;
    }

    it('when the container does not exist', async () => {
      const store = await openOwn('no-such-container/x');
      expect(await faultOf(store)).toContain('StoreNotFound: Store "primary" (azure://no-such-container/x)');
      const fault = { type: 'StoreNotFound', message: expect.stringContaining('create it, or') as string };
      for (const bytes of [10, 2 * PART])
        await expect(store.putFile('a/file', await files.make(bytes), transfer())).rejects.toMatchObject(
          fault,
        );
      await expect(store.putDocument('a/doc', Buffer.from('x'), never)).rejects.toMatchObject(fault);
      await expect(store.describe('a/file', never)).rejects.toMatchObject(fault);
      await expect(store.getDocument('a/file', never)).rejects.toMatchObject(fault);
    });

    it('when the key is wrong', async () => {
      const connectionString = server.connectionString.replace(server.accountKey, 'd3Jvbmc=');
      const fault = await faultOf(await openOwn('backups/x', {}, { connectionString }));
      expect(fault).toMatch(/^StoreDenied.* the key or signature is wrong.*connectionStringFile/);
    });

    it('when the shared access signature has expired', async () => {
      const sasToken = sign(new Date(Date.now() - HOUR_MS));
      const store = await openOwn('backups/x', { endpoint: server.endpoint }, { sasToken });
      const signature = new URLSearchParams(sasToken).get('sig')!;
      expect(await faultOf(store, signature)).toMatch(/^StoreDenied.* has expired .*; issue a new one\.$/);
    });

    it('when the shared access signature does not permit it', async () => {
      const sasToken = sign(new Date(Date.now() + HOUR_MS), 'r');
      const store = await openOwn('backups/x', { endpoint: server.endpoint }, { sasToken });
      expect(await faultOf(store)).toMatch(/^StoreDenied.* may not do this .*permissions racwdl\.$/);
    });

    it("when this machine's clock is wrong", async () => {
      const sasToken = sign(new Date(Date.now() - HOUR_MS));
      // The store's own time is an hour from ours.
      const hour = new Date(Date.now() - HOUR_MS).toUTCString();
      await using proxy = await startS3Proxy(new URL(server.endpoint).origin, {
        headers: () => ({ date: hour }),
      });
      const endpoint = `${proxy.endpoint}/${server.account}`;
      const store = await openOwn('backups/x', { endpoint }, { sasToken });
      expect(await faultOf(store)).toMatch(/^StoreDenied.* this machine's clock is wrong .*; set it\.$/);
    });

    it('when nobody listens', async () => {
      const endpoint = `http://127.0.0.1:${await findFreePort()}/account`;
      const store = await openOwn(
        'backups/x',
        { endpoint },
        { sasToken: sign(new Date(Date.now() + HOUR_MS)) },
      );
      expect(await faultOf(store)).toContain('it cannot be reached (ECONNREFUSED)');
    });
  });
});

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
