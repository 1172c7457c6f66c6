import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/stores/open-store.js';
import { startMinio } from '../../../tools/servers/minio.js';
import type { S3Server } from '../../../tools/servers/s3.js';
import { describeS3Store } from './s3-conformance.js';
import { makeSourceFiles } from './source-files.js';

describeS3Store('MinIO', () => startMinio({ buckets: ['backups'] }));

describe('what an S3 store gives its objects', () => {
  let server: S3Server;
  let files: Awaited<ReturnType<typeof makeSourceFiles>>;
  beforeAll(async () => {
    server = await startMinio({ buckets: ['backups'] });
    files = await makeSourceFiles();
  });
  afterAll(async () => {
    await files[Symbol.asyncDispose]();
    await server.stop();
  });

  const options = { signal: new AbortController().signal, onProgress: () => undefined };

  // MinIO knows neither of these classes and says so, which shows which objects were to get one.
  it.each([128 * 1024, 16 * 1024 ** 2])('is the storage class of its kind: %d bytes', async (bytes) => {
    const { endpoint, region } = server;
    const configuration = { url: `s3://backups/classes-${bytes}`, endpoint, region };
    const file = await files.make(bytes);
    const refusal = {
      type: 'InvalidConfiguration',
      message: expect.stringContaining('it does not have the storage class') as string,
    };
    const forBackups = await openStore(
      { ...configuration, storageClass: { backups: 'STANDARD_IA' } },
      server,
    );
    await expect(forBackups.putFile('postgres/s/d/file', file, options)).rejects.toMatchObject(refusal);
    await forBackups.putFile('wal/s/1/segment', file, options);
    await forBackups.putDocument('postgres/s/d/id.manifest.json', Buffer.from('{}'), options.signal);
    const forWal = await openStore({ ...configuration, storageClass: { wal: 'GLACIER_IR' } }, server);
    await expect(forWal.putFile('wal/s/1/next', file, options)).rejects.toMatchObject(refusal);
    await forWal.putFile('postgres/s/d/file', file, options);
  });

  it('is the class of the bucket where another would cost more', async () => {
    const { endpoint, region } = server;
    const storageClass = { backups: 'STANDARD_IA', wal: 'GLACIER_IR' };
    const store = await openStore({ url: 's3://backups/small', endpoint, region, storageClass }, server);
    const small = await files.make(128 * 1024 - 1);
    for (const key of ['postgres/s/d/file', 'wal/s/1/segment']) await store.putFile(key, small, options);
  });

  // MinIO has no key management here and says so.
  it('is encryption by the store, documents included', async () => {
    const { endpoint, region } = server;
    const store = await openStore(
      { url: 's3://backups/encrypted', endpoint, region, serverSideEncryption: { algorithm: 'AES256' } },
      server,
    );
    const refusal = { type: 'InvalidConfiguration' };
    await expect(store.putDocument('a/doc', Buffer.from('x'), options.signal)).rejects.toMatchObject(refusal);
    for (const bytes of [8, 16 * 1024 ** 2])
      await expect(store.putFile('a/file', await files.make(bytes), options)).rejects.toMatchObject(refusal);
  });
});
