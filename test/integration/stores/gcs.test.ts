import { buffer } from 'node:stream/consumers';
import { Storage } from '@google-cloud/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreConfiguration } from '../../../src/model/store-configuration.js';
import { openStore } from '../../../src/stores/open-store.js';
import type { Store, TransferOptions } from '../../../src/stores/store.js';
import { findFreePort } from '../../../tools/servers/free-port.js';
import { startFakeGcs, type GcsServer } from '../../../tools/servers/gcs.js';
import {
  startGcsWithSessions,
  type GcsInterference,
  type GcsWithSessions,
  type SessionRequest,
} from '../../support/gcs-resumable-sessions.js';
import { describeStore, type StoreUnderTest } from './conformance.js';
import { makeSourceFiles, type TestFile } from './source-files.js';

const PART = 8 * 1024 ** 2;
const never = new AbortController().signal;
const transfer = (options: Partial<TransferOptions> = {}): TransferOptions => ({
  signal: never,
  onProgress: () => undefined,
  ...options,
});

describeStore('fake-gcs-server, with resumable uploads as documented', startUnderTest);

describe('the Google store', () => {
  let server: GcsServer;
  let files: Awaited<ReturnType<typeof makeSourceFiles>>;
  beforeAll(async () => {
    server = await startFakeGcs({ buckets: ['backups'] });
    files = await makeSourceFiles();
  });
  afterAll(async () => {
    await files[Symbol.asyncDispose]();
    await server.stop();
  });

  const openOwn = (path: string, configuration: Partial<StoreConfiguration> = {}) =>
    openStore({ name: 'primary', url: `gs://${path}`, endpoint: server.endpoint, ...configuration });

  /** Runs `use` on a store whose resumable uploads are as documented. */
  async function withSessions(
    prefix: string,
    interference: GcsInterference,
    use: (store: Store, sessions: GcsWithSessions) => Promise<void>,
  ): Promise<void> {
    await using sessions = await startGcsWithSessions(server.endpoint, interference);
    await use(await openOwn(`backups/${prefix}`, { endpoint: sessions.endpoint }), sessions);
  }

  async function putAndCompare(store: Store, key: string, file: TestFile): Promise<void> {
    await store.verify(key, await store.putFile(key, file, transfer()), transfer());
    expect(file.content.equals(await buffer(await store.openRead(key, never)))).toBe(true);
  }

  async function interruptPut(store: Store, key: string, file: TestFile, afterBytes: number): Promise<void> {
    const interruption = new AbortController();
    const onProgress = (done: number) => {
      if (done >= afterBytes) interruption.abort(new Error('interrupted'));
    };
    await expect(
      store.putFile(key, file, transfer({ signal: interruption.signal, onProgress })),
    ).rejects.toThrow('interrupted');
  }

  async function unfinished(store: Store): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of store.listUnfinished('', never)) keys.push(key);
    return keys;
  }

  const isPart = ({ range }: SessionRequest) => /^bytes \d/.test(range ?? '');
  const startOf = ({ range }: SessionRequest) => Number(/\d+/.exec(range!)![0]);

  it('goes on where an interrupted upload stopped', async () => {
    await withSessions('continued', {}, async (store, sessions) => {
      const file = await files.make(6 * PART + 1);
      await interruptPut(store, 'a/file', file, 3 * PART);
      sessions.requests.length = 0;
      await putAndCompare(store, 'a/file', file);
      const [question, ...parts] = sessions.requests;
      expect(question!.range).toBe(`bytes */${file.bytes}`);
      expect(startOf(parts[0]!)).toBeGreaterThanOrEqual(3 * PART);
      const sent = parts.filter(isPart).reduce((sum, { received }) => sum + received, 0);
      expect(sent).toBe(file.bytes - startOf(parts[0]!));
      expect(await unfinished(store)).toEqual([]);
    });
  });

  it('sends again what the store did not keep of a part, and only that', async () => {
    const keep = (bytes: number) => (bytes === PART ? PART / 2 : bytes);
    await withSessions('kept', { keep }, async (store, sessions) => {
      const file = await files.make(2 * PART + 1);
      await putAndCompare(store, 'a/file', file);
      expect(sessions.requests.filter(isPart).map(startOf)).toEqual([0, 0.5, 1, 1.5, 2].map((n) => n * PART));
    });
  });

  it('gives up when the store keeps nothing of a part', async () => {
    await withSessions('nothing', { keep: () => 0 }, async (store) => {
      await expect(store.putFile('a/file', await files.make(2 * PART), transfer())).rejects.toMatchObject({
        type: 'StoreUnreachable',
      });
    });
  });

  it('asks what the store has after a refusal in passing, and goes on', async () => {
    let refusals = 0;
    const answer = (request: SessionRequest) =>
      isPart(request) && startOf(request) === PART && (refusals += 1) === 1 ? 503 : undefined;
    await withSessions('passing', { answer }, async (store, sessions) => {
      await putAndCompare(store, 'a/file', await files.make(3 * PART));
      const ranges = sessions.requests.map((request) => (isPart(request) ? startOf(request) : 'asked'));
      expect(ranges).toEqual([0, PART, 'asked', PART, 2 * PART, 'asked']);
    });
  });

  it('begins anew when the store has forgotten an upload', async () => {
    await withSessions('forgotten', {}, async (store, sessions) => {
      const file = await files.make(4 * PART);
      await interruptPut(store, 'a/file', file, PART);
      sessions.forgetSessions();
      await expect(store.putFile('a/file', file, transfer())).rejects.toMatchObject({
        type: 'StoreUnreachable',
        message: expect.stringContaining('it starts anew with the next try') as string,
      });
      await putAndCompare(store, 'a/file', file);
    });
  });

  it.each([
    { who: 'the store', ignoreHash: false },
    { who: 'this side', ignoreHash: true },
  ])('$who refuses what was damaged on its way, and takes it from the next try', async ({ ignoreHash }) => {
    let damaged = 0;
    const damage = (request: SessionRequest) => startOf(request) === PART && (damaged += 1) === 1;
    await withSessions(`damaged-${ignoreHash}`, { damage, ignoreHash }, async (store) => {
      const file = await files.make(3 * PART);
      await expect(store.putFile('a/file', file, transfer())).rejects.toMatchObject({
        type: 'StoreUnreachable',
        message: expect.stringContaining('damaged on its way') as string,
      });
      expect(await store.describe('a/file', never)).toBeUndefined();
      await putAndCompare(store, 'a/file', file);
    });
  });

  it("uploads to the server's own resumable uploads", async () => {
    const store = await openOwn('backups/own');
    await putAndCompare(store, 'a/file', await files.make(3 * PART + 5));
    expect(await unfinished(store)).toEqual([]);
  });

  it('does not show where it keeps its uploads', async () => {
    await withSessions('hidden', {}, async (store) => {
      await interruptPut(store, 'a/file', await files.make(4 * PART), PART);
      const shown: string[] = [];
      for await (const { key } of store.list('', never)) shown.push(key);
      expect(shown).toEqual([]);
      expect(await unfinished(store)).toEqual(['a/file']);
    });
  });

  it('gives an object the storage class of its kind, and documents none', async () => {
    await withSessions('classes', {}, async (_, { endpoint }) => {
      const storageClass = { backups: 'NEARLINE', wal: 'COLDLINE' };
      const store = await openOwn('backups/classes', { endpoint, storageClass });
      await store.putFile('postgres/s/d/small', await files.make(10), transfer());
      await store.putFile('postgres/s/d/file', await files.make(128 * 1024), transfer());
      await store.putFile('postgres/s/d/large', await files.make(2 * PART), transfer());
      await store.putFile('wal/s/1/segment', await files.make(128 * 1024), transfer());
      await store.putDocument('postgres/s/d/id.manifest.json', Buffer.from('{}'), never);
    });
    const storage = new Storage({ apiEndpoint: server.endpoint, useAuthWithCustomEndpoint: false });
    const [found] = await storage.bucket('backups').getFiles({ prefix: 'classes/' });
    expect(Object.fromEntries(found.map(({ name, metadata }) => [name, metadata.storageClass]))).toEqual({
      'classes/postgres/s/d/small': 'STANDARD',
      'classes/postgres/s/d/file': 'NEARLINE',
      'classes/postgres/s/d/large': 'NEARLINE',
      'classes/postgres/s/d/id.manifest.json': 'STANDARD',
      'classes/wal/s/1/segment': 'COLDLINE',
    });
  });

  describe('that locks', () => {
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 86_400_000);

    it.each([
      ['governance', 'Unlocked'],
      ['compliance', 'Locked'],
    ] as const)('gives every object the retention of %s', async (mode, expected) => {
      await withSessions(mode, {}, async (_, { endpoint }) => {
        const url = `gs://backups/${mode}`;
        const store = await openStore({ url, endpoint, lock: { mode } }, {}, () => until);
        await store.putFile('postgres/s/d/file', await files.make(10), transfer());
        await store.putFile('postgres/s/d/large', await files.make(2 * PART), transfer());
        await store.putDocument('postgres/s/d/id.manifest.json', Buffer.from('{}'), never);
        expect((await store.describe('postgres/s/d/file', never))?.lockedUntil).toEqual(until);
      });
      const storage = new Storage({ apiEndpoint: server.endpoint, useAuthWithCustomEndpoint: false });
      const [found] = await storage.bucket('backups').getFiles({ prefix: `${mode}/postgres` });
      expect(found).toHaveLength(3);
      for (const { metadata } of found) {
        expect(metadata.retention?.mode).toBe(expected);
        expect(new Date(metadata.retention!.retainUntilTime!)).toEqual(until);
      }
    });

    it('refuses a bucket without object retention', async () => {
      const store = await openOwn('backups/unlocked', { lock: { mode: 'compliance' } });
      await expect(store.check(never)).rejects.toMatchObject({
        type: 'InvalidConfiguration',
        message: expect.stringContaining('the bucket has no object retention; make one that has') as string,
      });
    });
  });

  describe('says in one sentence what is wrong and what to do', () => {
    async function faultOf(store: Store): Promise<string> {
      const error = (await store.check(never).catch((reason: unknown) => reason)) as Error & { type: string };
      expect(error.message).toMatch(/^Store "primary" \(gs:\/\/[^)]+\): [^.;]+ \([^)]+\); [^;]+\.$/);
      return `${error.type}: ${error.message}`;
    }

    it('when the bucket does not exist', async () => {
      const store = await openOwn('no-such-bucket/x');
      expect(await faultOf(store)).toContain('StoreNotFound: Store "primary" (gs://no-such-bucket/x)');
      const fault = { type: 'StoreNotFound', message: expect.stringContaining('create it, or') as string };
      for (const bytes of [10, 2 * PART])
        await expect(store.putFile('a/file', await files.make(bytes), transfer())).rejects.toMatchObject(
          fault,
        );
      await expect(store.putDocument('a/doc', Buffer.from('x'), never)).rejects.toMatchObject(fault);
      await expect(store.describe('a/file', never)).rejects.toMatchObject(fault);
      await expect(store.getDocument('a/file', never)).rejects.toMatchObject(fault);
    });

    it('when nobody listens', async () => {
      const endpoint = `http://127.0.0.1:${await findFreePort()}`;
      expect(await faultOf(await openOwn('backups/x', { endpoint }))).toContain(
        'StoreUnreachable: Store "primary" (gs://backups/x): it cannot be reached (ECONNREFUSED)',
      );
    });

    it.each(['{}', '{"type":"service_account","client_email":"a@b","private_key":"none"}'])(
      'when the credentials are none: %s',
      async (credentials) => {
        const url = 'gs://backups/x';
        const store = await openStore(
          { name: 'primary', url, endpoint: 'https://127.0.0.1:1' },
          { credentials },
        );
        expect(await faultOf(store)).toMatch(
          /^InvalidConfiguration.* credentialsFile holds no key of an account/,
        );
      },
    );
  });
});

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
