import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
  type LifecycleRule as S3Rule,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LifecycleRule } from '../../../src/model/lifecycle.js';
import { openStore } from '../../../src/stores/open-store.js';
import type { AccountLifecycle, BucketLifecycle } from '../../../src/stores/store.js';
import { startMinio } from '../../../tools/servers/minio.js';
import { startMoto } from '../../../tools/servers/moto.js';
import type { S3Server } from '../../../tools/servers/s3.js';

const never = new AbortController().signal;
const plain = (prefix: string): LifecycleRule => ({ prefix, expireAfterDays: 737, abortAfterDays: 7 });
const moving = (prefix: string, storageClass: string): LifecycleRule => ({
  ...plain(prefix),
  transition: { afterDays: 30, storageClass },
});

describe('on S3', () => {
  let server: S3Server;
  let client: S3Client;
  beforeAll(async () => {
    server = await startMinio({ buckets: ['backups', 'shared'] });
    const { endpoint, region } = server;
    client = new S3Client({ endpoint, region, credentials: server, forcePathStyle: true });
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
  });

  async function open(url: string): Promise<BucketLifecycle> {
    const { endpoint, region } = server;
    return (await openStore({ url, endpoint, region }, server)).lifecycle as BucketLifecycle;
  }
  const rulesIn = async (bucket: string) =>
    (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))).Rules ?? [];

  it('there are none at first, then ours for each room, and the same again change nothing', async () => {
    const lifecycle = await open('s3://backups/production');
    expect(await lifecycle.read(never)).toEqual({});
    const rules = [plain('postgres/'), plain('wal/')];
    await lifecycle.write(rules, never);
    await lifecycle.write(rules, never);
    expect(await lifecycle.read(never)).toMatchObject({
      'production/postgres/': { Filter: { Prefix: 'production/postgres/' }, Expiration: { Days: 737 } },
      'production/wal/': { Filter: { Prefix: 'production/wal/' }, Expiration: { Days: 737 } },
    });
    expect(await rulesIn('backups')).toHaveLength(2);
  });

  it('rules of others, and of other prefixes, are left as they are', async () => {
    const theirs: S3Rule = {
      ID: 'theirs',
      Status: 'Enabled',
      Filter: { Prefix: 'production/postgres/' },
      Expiration: { Days: 3 },
    };
    await client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket: 'shared',
        LifecycleConfiguration: { Rules: [theirs] },
      }),
    );
    const [production, staging] = [await open('s3://shared/production'), await open('s3://shared/staging')];
    await staging.write([plain('base/')], never);
    await production.write([plain('postgres/'), plain('wal/')], never);
    await production.write([{ ...plain('postgres/'), expireAfterDays: 800 }], never);
    expect(Object.keys(await staging.read(never))).toEqual(['staging/base/']);
    expect(await production.read(never)).toMatchObject({
      'production/postgres/': { Expiration: { Days: 800 } },
    });
    const all = await rulesIn('shared');
    expect(all).toHaveLength(3);
    expect(all.find(({ ID }) => ID === 'theirs')).toMatchObject(theirs);
  });

  it('a class that the provider does not have is said to be one', async () => {
    const lifecycle = await open('s3://backups/other');
    await expect(lifecycle.write([moving('wal/', 'GLACIER_IR')], never)).rejects.toMatchObject({
      type: 'InvalidConfiguration',
      message: expect.stringContaining('it does not have the storage class') as string,
    });
  });
});

describe('on Amazon, as far as moto tells', () => {
  let server: S3Server;
  // The first time it is installed.
  beforeAll(async () => {
    server = await startMoto({ buckets: ['backups'] });
  }, 600_000);
  afterAll(() => server.stop());

  it('old objects move to the class that was named', async () => {
    const { endpoint, region } = server;
    const store = await openStore({ url: 's3://backups/production', endpoint, region }, server);
    const lifecycle = store.lifecycle as BucketLifecycle;
    const rules = [moving('postgres/', 'STANDARD_IA'), moving('wal/', 'GLACIER_IR'), plain('base/')];
    await lifecycle.write(rules, never);
    expect(await lifecycle.read(never)).toEqual(lifecycle.render(rules));
  });
});

describe('at Google', () => {
  // fake-gcs-server keeps no rules; this is the part of the documented protocol that is about them.
  async function startBucket(rules: object[]) {
    const bucket = { kind: 'storage#bucket', name: 'backups', lifecycle: { rule: rules } };
    const server = createServer((request, response) => {
      const answer = async () => {
        if (request.method === 'PATCH') Object.assign(bucket, await json(request));
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(bucket));
      };
      answer().catch((error: unknown) => response.destroy(error as Error));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const open = async (url: string) => (await openStore({ url, endpoint })).lifecycle as BucketLifecycle;
    return {
      bucket,
      open,
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        await once(server.close(), 'close');
      },
    };
  }

  it('ours are written beside those of others, and replaced alone', async () => {
    const theirs = [
      { action: { type: 'Delete' }, condition: { age: 3 } },
      { action: { type: 'Delete' }, condition: { age: 3, matchesPrefix: ['production/wal/', 'logs/'] } },
    ];
    await using there = await startBucket(theirs);
    const lifecycle = await there.open('gs://backups/production');
    expect(await lifecycle.read(never)).toEqual({});
    const rules = [plain('postgres/'), moving('wal/', 'COLDLINE')];
    await lifecycle.write(rules, never);
    await lifecycle.write(rules, never);
    const ofWal = { matchesPrefix: ['production/wal/'] };
    expect(there.bucket.lifecycle.rule).toEqual([
      ...theirs,
      { action: { type: 'Delete' }, condition: { age: 737, matchesPrefix: ['production/postgres/'] } },
      { action: { type: 'SetStorageClass', storageClass: 'COLDLINE' }, condition: { age: 30, ...ofWal } },
      { action: { type: 'Delete' }, condition: { age: 737, ...ofWal } },
    ]);
    expect(await lifecycle.read(never)).toEqual(lifecycle.render(rules));
    await lifecycle.write([], never);
    expect(there.bucket.lifecycle.rule).toEqual(theirs);
  });
});

it('in Azure it is a management policy for who administers the account', async () => {
  const store = await openStore({
    url: 'azure://backups/production',
    endpoint: 'https://a.blob.core.windows.net',
  });
  const policy = (store.lifecycle as AccountLifecycle).document([
    plain('postgres/'),
    moving('wal/', 'Archive'),
  ]);
  const rule = (name: string, prefix: string, move: object) => ({
    name,
    enabled: true,
    type: 'Lifecycle',
    definition: {
      filters: { blobTypes: ['blockBlob'], prefixMatch: [prefix] },
      actions: {
        baseBlob: { ...move, delete: { daysAfterCreationGreaterThan: 737 } },
        version: { delete: { daysAfterCreationGreaterThan: 737 } },
      },
    },
  });
  expect(policy).toEqual({
    rules: [
      rule('temponest-backups-backups-production-postgres', 'backups/production/postgres/', {}),
      rule('temponest-backups-backups-production-wal', 'backups/production/wal/', {
        tierToArchive: { daysAfterCreationGreaterThan: 30 },
      }),
    ],
  });
});
