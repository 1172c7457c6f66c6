import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreConfiguration } from '../../../src/model/store-configuration.js';
import { openStore } from '../../../src/stores/open-store.js';
import type { Store, TransferOptions } from '../../../src/stores/store.js';
import { findFreePort } from '../../../tools/servers/free-port.js';
import type { S3Server } from '../../../tools/servers/s3.js';
import { describeStore, type StoreUnderTest } from './conformance.js';
import { startS3Proxy, type Interference, type ProxiedRequest } from './s3-proxy.js';
import { makeSourceFiles, type TestFile } from './source-files.js';

const BUCKET = 'backups';
const PART = 8 * 1024 ** 2;
const never = new AbortController().signal;

function transfer(options: Partial<TransferOptions> = {}): TransferOptions {
  return { signal: never, onProgress: () => undefined, ...options };
}

/** The S3 store's own tests, and those that every store must pass, on one kind of S3 server. */
export function describeS3Store(kind: string, startServer: () => Promise<S3Server>): void {
  describeStore(kind, () => startUnderTest(startServer));

  describe(`the S3 store on ${kind}`, () => {
    let server: S3Server;
    let client: S3Client;
    let files: Awaited<ReturnType<typeof makeSourceFiles>>;
    beforeAll(async () => {
      server = await startServer();
      client = clientOf(server);
      files = await makeSourceFiles();
    });
    afterAll(async () => {
      await files[Symbol.asyncDispose]();
      client.destroy();
      await server.stop();
    });

    /** A store on a prefix of its own. */
    async function openOwn(options: Partial<StoreConfiguration> = {}, bucket = BUCKET): Promise<Store> {
      const prefix = randomBytes(6).toString('hex');
      const { endpoint, region } = server;
      return await openStore(
        { name: 'primary', url: `s3://${bucket}/${prefix}`, endpoint, region, ...options },
        server,
      );
    }

    function objectKey(store: Store, key: string): string {
      return `${new URL(store.url).pathname.slice(1)}/${key}`;
    }

    /** What the object's own metadata says of its content. */
    async function recordedSha256(store: Store, key: string): Promise<string | undefined> {
      const query = { Bucket: BUCKET, Key: objectKey(store, key) };
      return (await client.send(new HeadObjectCommand(query))).Metadata?.sha256;
    }

    async function storedParts(store: Store, key: string): Promise<number[]> {
      const query = { Bucket: BUCKET, Key: objectKey(store, key) };
      const { Uploads } = await client.send(
        new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: query.Key }),
      );
      expect(Uploads).toHaveLength(1);
      const { Parts } = await client.send(
        new ListPartsCommand({ ...query, UploadId: Uploads![0]!.UploadId }),
      );
      return (Parts ?? []).map(({ PartNumber }) => PartNumber!);
    }

    async function interruptPut(
      store: Store,
      key: string,
      file: TestFile,
      afterBytes: number,
    ): Promise<void> {
      const interruption = new AbortController();
      const onProgress = (done: number) => {
        if (done >= afterBytes) interruption.abort(new Error('interrupted'));
      };
      await expect(
        store.putFile(key, file, transfer({ signal: interruption.signal, onProgress })),
      ).rejects.toThrow('interrupted');
    }

    async function readBack(store: Store, key: string): Promise<Buffer> {
      return await buffer(await store.openRead(key, never));
    }

    /** Runs `use` on a store behind a proxy. */
    async function withProxy(
      interference: Interference,
      use: (store: Store, proxy: Awaited<ReturnType<typeof startS3Proxy>>) => Promise<void>,
    ): Promise<void> {
      await using proxy = await startS3Proxy(server.endpoint, interference);
      await use(await openOwn({ endpoint: proxy.endpoint }), proxy);
    }

    describe('an interrupted upload', () => {
      it('is continued with only the parts that the store does not have', async () => {
        await withProxy({}, async (store, proxy) => {
          const file = await files.make(9 * PART + 1);
          await interruptPut(store, 'a/file', file, 3 * PART);
          const present = await storedParts(store, 'a/file');
          expect(present.length).toBeGreaterThanOrEqual(3);

          proxy.requests.length = 0;
          const progress: number[] = [];
          const options = transfer({ onProgress: (done) => progress.push(done) });
          await store.verify('a/file', await store.putFile('a/file', file, options), transfer());
          const sent = proxy.requests.flatMap(({ partNumber }) => partNumber ?? []);
          // Parts that were on their way when it was interrupted may have arrived since.
          expect(sent.filter((partNumber) => present.includes(partNumber))).toEqual([]);
          expect(new Set(sent).size).toBe(sent.length);
          expect(progress.at(-1)).toBe(file.bytes);
          expect(file.content.equals(await readBack(store, 'a/file'))).toBe(true);
        });
      });

      it('is continued by another process, after the server was killed', async () => {
        const first = await openOwn();
        const file = await files.make(5 * PART);
        await interruptPut(first, 'a/file', file, PART);
        await server.kill();
        await expect(first.putFile('a/file', file, transfer())).rejects.toMatchObject({
          type: 'StoreUnreachable',
        });
        await server.start();
        const second = await openStore(
          { url: first.url, endpoint: server.endpoint, region: server.region },
          server,
        );
        await second.verify('a/file', await second.putFile('a/file', file, transfer()), transfer());
        expect(await recordedSha256(second, 'a/file')).toBe(file.sha256);
      });

      it('of another file with the same beginning never lends its digest to this one', async () => {
        const store = await openOwn();
        const file = await files.make(2 * PART);
        const query = { Bucket: BUCKET, Key: objectKey(store, 'a/file') };
        const { UploadId } = await client.send(
          new CreateMultipartUploadCommand({
            ...query,
            ChecksumAlgorithm: 'SHA256',
            Metadata: { sha256: 'f'.repeat(64) },
          }),
        );
        const Body = file.content.subarray(0, PART);
        const ChecksumSHA256 = createHash('sha256').update(Body).digest('base64');
        await client.send(new UploadPartCommand({ ...query, UploadId, PartNumber: 1, Body, ChecksumSHA256 }));

        await expect(store.putFile('a/file', file, transfer())).rejects.toMatchObject({
          type: 'StoreUnreachable',
        });
        await store.verify('a/file', await store.putFile('a/file', file, transfer()), transfer());
        expect(await recordedSha256(store, 'a/file')).toBe(file.sha256);
      });
    });

    describe('a request that the store refuses in passing', () => {
      it('is sent again, and only that', async () => {
        let failures = 0;
        const answer: Interference['answer'] = ({ partNumber }) =>
          partNumber === 2 && (failures += 1) <= 2 ? 503 : undefined;
        await withProxy({ answer }, async (store, proxy) => {
          const file = await files.make(3 * PART);
          await store.verify('a/file', await store.putFile('a/file', file, transfer()), transfer());
          const sent = proxy.requests.flatMap(({ partNumber }) => partNumber ?? []);
          expect(sent.sort()).toEqual([1, 2, 2, 2, 3]);
        });
      });

      it('ends the upload with its reason when it does not pass', async () => {
        await withProxy(
          { answer: ({ partNumber }) => (partNumber === 2 ? 503 : undefined) },
          async (store) => {
            await expect(
              store.putFile('a/file', await files.make(6 * PART), transfer()),
            ).rejects.toMatchObject({
              type: 'StoreUnreachable',
              message: expect.stringContaining('HTTP 503') as string,
            });
            expect(await storedParts(store, 'a/file')).not.toContain(2);
          },
        );
      });
    });

    it.each([
      ['file', 1000],
      ['part', 2 * PART],
    ])('refuses a %s that was damaged on its way, and takes it from the next try', async (_what, bytes) => {
      let sent = 0;
      const isData = ({ method, partNumber }: ProxiedRequest) =>
        method === 'PUT' && (partNumber ?? 1) === 1 && (sent += 1) === 1;
      await withProxy({ damage: isData }, async (store) => {
        const file = await files.make(bytes);
        await expect(store.putFile('a/file', file, transfer())).rejects.toMatchObject({
          type: 'StoreUnreachable',
          message: expect.stringContaining('damaged on its way') as string,
        });
        expect(await store.describe('a/file', never)).toBeUndefined();
        await store.verify('a/file', await store.putFile('a/file', file, transfer()), transfer());
        expect((await readBack(store, 'a/file')).equals(file.content)).toBe(true);
      });
    });

    describe('a store of fewer abilities', () => {
      it('that does not know If-None-Match is still never overwritten', async () => {
        const answer: Interference['answer'] = ({ headers }) => (headers['if-none-match'] ? 501 : undefined);
        await withProxy({ answer }, async (store) => {
          for (const bytes of [1000, 2 * PART]) {
            const file = await files.make(bytes);
            const key = `a/${bytes}`;
            await store.verify(key, await store.putFile(key, file, transfer()), transfer());
            await expect(store.putFile(key, await files.make(bytes), transfer())).rejects.toMatchObject({
              type: 'StoreConflict',
            });
          }
          await store.putDocument('a/doc', Buffer.from('one'), never);
          await expect(store.putDocument('a/doc', Buffer.from('two'), never)).rejects.toMatchObject({
            type: 'StoreConflict',
          });
        });
      });

      it('that reports no checksums is verified by reading back', async () => {
        await withProxy({ hide: /^x-amz-checksum/ }, async (store, proxy) => {
          const file = await files.make(2 * PART);
          const receipt = await store.putFile('a/file', file, transfer());
          await store.verify('a/file', receipt, transfer());
          await expect(
            store.verify('a/file', { ...receipt, sha256: 'f'.repeat(64) }, transfer()),
          ).rejects.toMatchObject({ type: 'ArtifactDamaged' });
          expect(proxy.requests.some(({ method, url }) => method === 'GET' && url.includes('a/file'))).toBe(
            true,
          );
        });
      });
    });

    it('verifies what it stored without a download', async () => {
      await withProxy({}, async (store, proxy) => {
        const receipt = await store.putFile('a/file', await files.make(2 * PART), transfer());
        proxy.requests.length = 0;
        await store.verify('a/file', receipt, transfer());
        expect(proxy.requests.map(({ method }) => method)).toEqual(['HEAD']);
      });
    });

    it('tells until when an object is locked', async () => {
      await server.createBucket('locked', { objectLock: true });
      const store = await openOwn({}, 'locked');
      const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
      for (const key of ['a/retained', 'a/held', 'a/free'])
        await store.putFile(key, await files.make(10), transfer());
      await client.send(
        new PutObjectRetentionCommand({
          Bucket: 'locked',
          Key: objectKey(store, 'a/retained'),
          Retention: { Mode: 'GOVERNANCE', RetainUntilDate: until },
        }),
      );
      await client.send(
        new PutObjectLegalHoldCommand({
          Bucket: 'locked',
          Key: objectKey(store, 'a/held'),
          LegalHold: { Status: 'ON' },
        }),
      );
      expect((await store.describe('a/retained', never))?.lockedUntil).toEqual(until);
      expect((await store.describe('a/held', never))!.lockedUntil!.getFullYear()).toBeGreaterThan(9999);
      expect((await store.describe('a/free', never))?.lockedUntil).toBeUndefined();
    });

    describe('says in one sentence what is wrong and what to do', () => {
      const oneSentence = /^Store "primary" \(s3:\/\/[^)]+\): [^.;]+ \([^)]+\); [^;]+\.$/;

      async function faultOf(store: Store): Promise<{ type: string; message: string }> {
        const error = (await store.check(never).catch((reason: unknown) => reason)) as {
          type: string;
          message: string;
        };
        expect(error.message).toMatch(oneSentence);
        expect(error.message).not.toContain(server.secretAccessKey);
        return error;
      }

      it('when the bucket does not exist', async () => {
        const store = await openOwn({}, 'no-such-bucket');
        const fault = {
          type: 'StoreNotFound',
          message: expect.stringContaining('create it, or correct the url') as string,
        };
        expect(await faultOf(store)).toMatchObject(fault);
        for (const bytes of [10, 2 * PART])
          await expect(store.putFile('a/file', await files.make(bytes), transfer())).rejects.toMatchObject(
            fault,
          );
        await expect(store.putDocument('a/doc', Buffer.from('x'), never)).rejects.toMatchObject(fault);
        await expect(store.describe('a/file', never)).rejects.toMatchObject(fault);
        await expect(store.list('', never)[Symbol.asyncIterator]().next()).rejects.toMatchObject(fault);
      });

      it.each([{ accessKeyId: 'AKIAWRONG' }, { secretAccessKey: 'wrong' }])(
        'when the credentials are wrong: %j',
        async (wrong) => {
          const { endpoint, region } = server;
          const store = await openStore(
            { name: 'primary', url: `s3://${BUCKET}/x`, endpoint, region },
            { ...server, ...wrong },
          );
          expect(await faultOf(store)).toMatchObject({
            type: 'StoreDenied',
            message: expect.stringContaining('the access key or its secret is wrong') as string,
          });
          await expect(store.describe('a/file', never)).rejects.toMatchObject({ type: 'StoreDenied' });
        },
      );

      it('when nobody listens', async () => {
        const endpoint = `http://127.0.0.1:${await findFreePort()}`;
        expect(await faultOf(await openOwn({ endpoint }))).toMatchObject({
          type: 'StoreUnreachable',
          message: expect.stringContaining('it cannot be reached (ECONNREFUSED)') as string,
        });
      });

      it('when the name of the endpoint is not known', async () => {
        expect(await faultOf(await openOwn({ endpoint: 'http://nowhere.invalid' }))).toMatchObject({
          type: 'StoreUnreachable',
        });
      });
    });
  });
}

function clientOf({ endpoint, region, accessKeyId, secretAccessKey }: S3Server): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
  });
}

/** One server for all tests; each test's store has a bucket of its own. */
async function startUnderTest(startServer: () => Promise<S3Server>): Promise<StoreUnderTest> {
  const server = await startServer();
  const client = clientOf(server);
  let buckets = 0;
  return {
    async open() {
      const bucket = `bucket-${(buckets += 1)}`;
      await server.createBucket(bucket);
      const { endpoint, region } = server;
      return await openStore({ url: `s3://${bucket}/some/prefix`, endpoint, region }, server);
    },
    async tamper(store, key, content, sha256) {
      const { host, pathname } = new URL(store.url);
      await client.send(
        new PutObjectCommand({
          Bucket: host,
          Key: `${pathname.slice(1)}/${key}`,
          Body: content,
          Metadata: { sha256 },
          ChecksumAlgorithm: 'SHA256',
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await server.stop();
    },
  };
}
