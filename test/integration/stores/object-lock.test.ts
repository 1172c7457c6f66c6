import { readFile } from 'node:fs/promises';
import {
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPrune } from '../../../src/catalogue/apply-prune.js';
import { listBackups } from '../../../src/catalogue/list-backups.js';
import { planPrune } from '../../../src/catalogue/plan-prune.js';
import { manifestKey } from '../../../src/model/keys.js';
import { openStore } from '../../../src/stores/open-store.js';
import type { Store } from '../../../src/stores/store.js';
import { startMinio } from '../../../tools/servers/minio.js';
import type { S3Address, S3Server } from '../../../tools/servers/s3.js';
import { makeMinioUser } from '../../support/minio-users.js';
import { sampleManifest } from '../../support/sample-manifest.js';
import { subjectOf } from '../../support/seed-backup.js';
import { makeSourceFiles } from './source-files.js';

const BUCKET = 'example-bucket';
const PREFIX = 'temponest';
const PART = 8 * 1024 ** 2;
const DAY = 86_400_000;
const never = new AbortController().signal;
const transfer = { signal: never, onProgress: () => undefined };
const app = subjectOf('prod', 'app');
const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 7 * DAY);

type Keys = Pick<S3Address, 'accessKeyId' | 'secretAccessKey'>;

let server: S3Server;
let files: Awaited<ReturnType<typeof makeSourceFiles>>;
let owner: S3Client;
let users: Record<'writer' | 'reader' | 'pruner', Keys>;
let buckets = 0;

beforeAll(async () => {
  server = await startMinio();
  files = await makeSourceFiles();
  owner = clientOf(server);
  const makeUser = async (name: string) => {
    const policy = await readFile(`deploy/policies/aws/${name}.json`, 'utf8');
    // One policy for the buckets of all tests here.
    return await makeMinioUser(server, name, JSON.parse(policy.replaceAll(BUCKET, `${BUCKET}*`)) as object);
  };
  users = {
    writer: await makeUser('writer'),
    reader: await makeUser('reader'),
    pruner: await makeUser('pruner'),
  };
});
afterAll(async () => {
  owner.destroy();
  await files[Symbol.asyncDispose]();
  await server.stop();
});

function clientOf(keys: Keys): S3Client {
  const { endpoint, region } = server;
  return new S3Client({ endpoint, region, credentials: keys, forcePathStyle: true, maxAttempts: 1 });
}

async function makeBucket(objectLock = true): Promise<string> {
  const bucket = `${BUCKET}-${(buckets += 1)}`;
  await server.createBucket(bucket, { objectLock });
  return bucket;
}

async function open(
  bucket: string,
  keys: Keys = server,
  { mode = 'governance', lockUntil = until }: { mode?: 'governance' | 'compliance'; lockUntil?: Date } = {},
): Promise<Store> {
  const { endpoint, region } = server;
  const configuration = {
    name: 'primary',
    url: `s3://${bucket}/${PREFIX}`,
    endpoint,
    region,
    lock: { mode },
  };
  return await openStore(configuration, keys, (key) => (key.startsWith('.') ? undefined : lockUntil));
}

const versionsOf = async (bucket: string, key = '') => {
  const query = { Bucket: bucket, Prefix: `${PREFIX}/${key}` };
  const { Versions = [], DeleteMarkers = [] } = await owner.send(new ListObjectVersionsCommand(query));
  return { objects: Versions, markers: DeleteMarkers };
};

/** A backup of so many nights ago; answers with its keys. */
async function putBackup(store: Store, nightsAgo: number, bytes = 1000) {
  const time = new Date(Date.now() - nightsAgo * DAY).toISOString().replaceAll(/[-:]/g, '');
  const id = `app_${time.slice(0, 8)}_020000`;
  const artifact = manifestKey(app, id).replace('.manifest.json', '.dump.tar.zst');
  const file = await files.make(bytes);
  await store.verify(artifact, await store.putFile(artifact, file, transfer), transfer);
  const { artifact: sample, ...facts } = sampleManifest(app, id, bytes);
  const manifest = Buffer.from(JSON.stringify({ ...facts, artifact: { ...sample, sha256: file.sha256 } }));
  await store.putDocument(manifestKey(app, id), manifest, never);
  return { id, artifact, manifestKey: manifestKey(app, id), content: file.content, manifest };
}

const readAll = async (store: Store, key: string) => await buffer(await store.openRead(key, never));

describe('a store that locks', () => {
  it.each(['governance', 'compliance'] as const)('gives every object the %s lock', async (mode) => {
    const bucket = await makeBucket();
    const store = await open(bucket, users.writer, { mode });
    await store.check(never);
    for (const bytes of [1000, 2 * PART + 1])
      await store.putFile(`postgres/prod/app/${bytes}`, await files.make(bytes), transfer);
    await store.putDocument('postgres/prod/app/document', Buffer.from('x'), never);
    await store.putDocument('.probe', Buffer.from('x'), never);
    for (const key of ['1000', `${2 * PART + 1}`, 'document']) {
      const query = { Bucket: bucket, Key: `${PREFIX}/postgres/prod/app/${key}` };
      const { Retention } = await owner.send(new GetObjectRetentionCommand(query));
      expect(Retention).toEqual({ Mode: mode.toUpperCase(), RetainUntilDate: until });
      expect((await store.describe(`postgres/prod/app/${key}`, never))?.lockedUntil).toEqual(until);
    }
    expect((await store.describe('.probe', never))?.lockedUntil).toBeUndefined();
  });

  it('locks an object that was stored before it was to', async () => {
    const bucket = await makeBucket();
    const file = await files.make(1000);
    const before = await open(bucket, users.writer, { lockUntil: new Date(0) });
    await before.putFile('postgres/prod/app/file', file, transfer);
    expect((await before.describe('postgres/prod/app/file', never))?.lockedUntil).toBeUndefined();
    const store = await open(bucket, users.writer);
    await store.putFile('postgres/prod/app/file', file, transfer);
    expect((await store.describe('postgres/prod/app/file', never))?.lockedUntil).toEqual(until);
  });

  it('refuses a bucket without Object Lock before anything is sent', async () => {
    const store = await open(await makeBucket(false));
    const fault = store.check(never);
    await expect(fault).rejects.toMatchObject({ type: 'InvalidConfiguration' });
    await expect(fault).rejects.toThrow(
      /^Store "primary" \([^)]+\): the bucket has no Object Lock \([^)]+\); [^;]+\.$/,
    );
  });
});

describe('with the credentials of the writer', () => {
  it.each(['governance', 'compliance'] as const)(
    'nothing that is under %s can be taken away or replaced: all is listed and read as it was',
    async (mode) => {
      const bucket = await makeBucket();
      const writer = await open(bucket, users.writer, { mode });
      const backups = [await putBackup(writer, 2), await putBackup(writer, 1, 2 * PART + 5)];
      const before = await versionsOf(bucket);
      const client = clientOf(users.writer);
      const shortly = new Date(Date.now() + 60_000);
      for (const { Key, VersionId } of before.objects) {
        const object = { Bucket: bucket, Key };
        const version = { ...object, VersionId };
        const refused = [
          new DeleteObjectCommand(object),
          new DeleteObjectCommand(version),
          new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true }),
        ];
        for (const command of refused)
          await expect(client.send(command)).rejects.toMatchObject({ name: 'AccessDenied' });
        const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: shortly } as const;
        const shorten = { ...version, Retention };
        await expect(client.send(new PutObjectRetentionCommand(shorten))).rejects.toThrow();
        const bypass = client.send(
          new PutObjectRetentionCommand({ ...shorten, BypassGovernanceRetention: true }),
        );
        // Amazon asks for s3:BypassGovernanceRetention. MinIO does not; what the writer cannot do then is to delete.
        if (mode === 'compliance') await expect(bypass).rejects.toThrow();
        else await bypass;
        await expect(client.send(new DeleteObjectCommand(version))).rejects.toMatchObject({
          name: 'AccessDenied',
        });
        await client.send(new PutObjectCommand({ ...object, Body: 'encrypted by somebody else' }));
        await client.send(new PutObjectCommand({ ...object, Body: 'and again' }));
      }
      // The bill of a hundred years would be an attack, too. MinIO asks for the days only where a lock is changed.
      const { Key, VersionId } = before.objects[0]!;
      const Mode = mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE';
      const Retention = { Mode, RetainUntilDate: new Date(Date.now() + 36_500 * DAY) } as const;
      const lasting = new PutObjectRetentionCommand({ Bucket: bucket, Key, VersionId, Retention });
      await expect(client.send(lasting)).rejects.toMatchObject({ name: 'AccessDenied' });
      client.destroy();

      // And markers, which the writer may not set, by somebody who may.
      for (const { Key } of before.objects)
        await owner.send(new DeleteObjectCommand({ Bucket: bucket, Key }));

      for (const keys of [users.reader, users.writer]) {
        const store = await open(bucket, keys);
        const listing = await listBackups(store, 'prod', never);
        expect(listing.backups.map(({ id }) => id)).toEqual(backups.map(({ id }) => id));
        for (const { artifact, content, manifest, ...backup } of backups) {
          expect((await readAll(store, artifact)).equals(content)).toBe(true);
          expect(await store.getDocument(backup.manifestKey, never)).toEqual(manifest);
          const described = await store.describe(artifact, never);
          expect(described).toMatchObject({ key: artifact, bytes: content.length });
          if (mode === 'compliance') expect(described!.lockedUntil).toEqual(until);
        }
      }
      // A backup goes on being made: what it stored already is found, markers and all.
      await writer.putDocument(backups[0]!.manifestKey, backups[0]!.manifest, never);
    },
  );

  it.each(['reader', 'pruner'] as const)('and not those of the %s, can be written', async (name) => {
    const bucket = await makeBucket();
    await putBackup(await open(bucket, users.writer), 1);
    const store = await open(bucket, users[name]);
    await store.check(never);
    await expect(store.putDocument('audit/x', Buffer.from('x'), never)).rejects.toMatchObject({
      type: 'StoreDenied',
    });
  });
});

describe('pruning', () => {
  const policyOf = () => ({ daily: 1, weekly: 0, monthly: 0 });
  const request = {
    server: 'prod',
    policyOf,
    configuredDatabases: ['app'],
    untouchable: new Map<string, string>(),
  };

  it('by the pruner takes what is no longer locked with all its versions, keeps the rest and says why', async () => {
    const bucket = await makeBucket();
    const writer = await open(bucket, users.writer);
    const expired = await putBackup(await open(bucket, users.writer, { lockUntil: new Date(0) }), 9);
    const held = await putBackup(await open(bucket, users.writer, { lockUntil: new Date(0) }), 8);
    const locked = await putBackup(writer, 5);
    const newest = await putBackup(writer, 1);
    const hold = { Bucket: bucket, Key: `${PREFIX}/${held.artifact}`, LegalHold: { Status: 'ON' } } as const;
    await owner.send(new PutObjectLegalHoldCommand(hold));
    for (const key of [expired.artifact, expired.manifestKey]) {
      await owner.send(new PutObjectCommand({ Bucket: bucket, Key: `${PREFIX}/${key}`, Body: 'later' }));
      await owner.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${PREFIX}/${key}` }));
    }

    const pruner = await open(bucket, users.pruner);
    const plan = await planPrune(pruner, { ...request, now: new Date() }, never);
    expect(plan.decisions.map(({ backupId, rules }) => [backupId, rules])).toEqual([
      [newest.id, ['daily', 'newest']],
      [locked.id, [`locked until ${until.toISOString().slice(0, 10)}`]],
      [held.id, ['legal hold']],
      [expired.id, ['expired']],
    ]);
    const counts = await applyPrune(pruner, plan, transfer);
    expect(counts).toMatchObject({ deleted: 1, orphansSwept: 0 });
    const { objects, markers } = await versionsOf(bucket);
    const left = [locked, held, newest].flatMap(({ artifact, manifestKey: key }) => [artifact, key]);
    expect(objects.map(({ Key }) => Key)).toEqual(left.map((key) => `${PREFIX}/${key}`).sort());
    expect(markers).toEqual([]);
  });

  it('keeps what came to be held after it was planned', async () => {
    const bucket = await makeBucket();
    const writer = await open(bucket, users.writer, { lockUntil: new Date(0) });
    const held = await putBackup(writer, 3);
    const expired = await putBackup(writer, 2);
    await putBackup(writer, 1);
    const pruner = await open(bucket, users.pruner);
    const plan = await planPrune(pruner, { ...request, now: new Date() }, never);
    const hold = {
      Bucket: bucket,
      Key: `${PREFIX}/${held.manifestKey}`,
      LegalHold: { Status: 'ON' },
    } as const;
    await owner.send(new PutObjectLegalHoldCommand(hold));
    expect(await applyPrune(pruner, plan, transfer)).toMatchObject({
      deleted: 1,
      refused: new Map([[held.id, 'legal hold']]),
    });
    expect(await pruner.describe(held.artifact, never)).toBeDefined();
    expect(await pruner.describe(expired.manifestKey, never)).toBeUndefined();
  });

  it('without a lock of ours leaves no version in a bucket that keeps them', async () => {
    const bucket = await makeBucket();
    const { endpoint, region } = server;
    const store = await openStore({ url: `s3://${bucket}/${PREFIX}`, endpoint, region }, server);
    await store.putDocument('postgres/prod/app/document', Buffer.from('x'), never);
    await store.putDocument('postgres/prod/app/document-2', Buffer.from('x'), never);
    await store.delete('postgres/prod/app/document', never);
    await store.delete('postgres/prod/app/document', never);
    const { objects, markers } = await versionsOf(bucket);
    expect(objects.map(({ Key }) => Key)).toEqual([`${PREFIX}/postgres/prod/app/document-2`]);
    expect(markers).toEqual([]);
  });
});
