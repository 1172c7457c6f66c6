import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Storage } from '@google-cloud/storage';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startAzurite } from '../../tools/servers/azurite.js';
import { startFakeGcs } from '../../tools/servers/gcs.js';
import { startMinio } from '../../tools/servers/minio.js';
import { startPostgres } from '../../tools/servers/postgres.js';
import { startTemporal124 } from '../../tools/servers/temporal-1-24.js';
import { startTemporalDevServer, type TemporalServer } from '../../tools/servers/temporal.js';
import { startToxiproxy } from '../../tools/servers/toxiproxy.js';
import { startVersitygw } from '../../tools/servers/versitygw.js';

const indexedAsKeyword = 2; // temporal.api.enums.v1.IndexedValueType

let scratch: string;

// Every server makes its directory here and has it in its command line, its configuration or its environment.
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'servers-test-'));
  await execa('chmod', ['0755', scratch]);
  vi.stubEnv('TMPDIR', scratch);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(scratch, { recursive: true, force: true });
});

/** The processes that were started with this test's directory. */
async function findOurProcesses(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    if (((await read('cmdline')) + (await read('environ'))).includes(scratch)) found.push(pid);
  }
  return found;
}

async function expectNothingLeft(): Promise<void> {
  expect(await findOurProcesses()).toEqual([]);
  expect(await readdir(scratch)).toEqual([]);
}

test.each([{ major: 15 }, { major: 16 }, { major: 18 }])(
  'PostgreSQL $major keeps what was committed before a crash',
  async ({ major }) => {
    const server = await startPostgres({ major, settings: { work_mem: '3MB' } });
    const [facts] = await server.query(
      'postgres',
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('work_mem') AS work_mem,
              pg_encoding_to_char(encoding) AS encoding, datcollate FROM pg_database WHERE datname = current_database()`,
    );
    expect(facts).toEqual({ major, work_mem: '3MB', encoding: 'UTF8', datcollate: 'C.UTF-8' });
    await server.query('postgres', 'CREATE TABLE kept AS SELECT 7 AS number');

    await server.kill();
    await expect(server.query('postgres', 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    await server.start();
    await server.restart();
    expect(await server.query('postgres', 'SELECT * FROM kept WHERE number = $1', [7])).toEqual([
      { number: 7 },
    ]);

    expect(await findOurProcesses()).not.toEqual([]);
    await server.stop();
    await server.stop();
    await expectNothingLeft();
  },
);

test('PostgreSQL refuses a wrong password, and a replication connection works with the right one', async () => {
  await using server = await startPostgres();
  const receive = (password: string) =>
    execa(
      join(server.binDirectory, 'pg_receivewal'),
      [
        '--host',
        server.host,
        '--port',
        String(server.port),
        '--username',
        server.user,
        '--no-password',
      ].concat(['--create-slot', '--slot', 'probe', '--if-not-exists']),
      { env: { PGPASSWORD: password }, reject: false },
    );
  expect((await receive('wrong')).stderr).toContain('password authentication failed');
  expect((await receive(server.password)).failed).toBe(false);
});

test('a server that cannot start says why and leaves nothing', async () => {
  await expect(startPostgres({ settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
    /shared_buffers.*plenty/,
  );
  await expectNothingLeft();
});

test('the Temporal development server keeps workflows over a crash', async () => {
  const server = await startTemporalDevServer({
    namespace: 'nights',
    ui: true,
    dbFile: join(scratch, 'temporal.db'),
    searchAttributes: { BackupServer: 'Keyword' },
  });
  expect((await fetch(server.uiUrl!)).status).toBe(200);
  await expectWorkflowsSurviveCrash(server);
  await server.stop();
  for (const file of await readdir(scratch)) await rm(join(scratch, file));
  await expectNothingLeft();
});

test('Temporal 1.24.2 keeps workflows over a crash, and registers search attributes and namespaces', async () => {
  const postgres = await startPostgres();
  const server = await startTemporal124({ postgres });
  await using connection = await connectTo(server);
  await connection.value.operatorService.addSearchAttributes({
    namespace: server.namespace,
    searchAttributes: { BackupServer: indexedAsKeyword },
  });
  const { serverVersion } = await connection.value.workflowService.getSystemInfo({});
  expect(serverVersion).toBe('1.24.2');
  await server.createNamespace('other');
  await expectWorkflowsSurviveCrash({ ...server, namespace: 'other' }, false);
  await expectWorkflowsSurviveCrash(server);
  await server.stop();
  await postgres.stop();
  await expectNothingLeft();
});

test('Temporal 1.24.2 refuses a PostgreSQL without contrib', async () => {
  await using postgres = await startPostgres({ major: 16 });
  await expect(startTemporal124({ postgres })).rejects.toThrow('needs the extension btree_gin');
  expect(await readdir(scratch)).toHaveLength(1); // PostgreSQL's own
});

async function connectTo(server: TemporalServer) {
  const value = await Connection.connect({ address: server.address });
  return { value, [Symbol.asyncDispose]: () => value.close() };
}

/** Starts a workflow, crashes the server, and finds the workflow by its search attribute (where registered). */
async function expectWorkflowsSurviveCrash(server: TemporalServer, withAttribute = true): Promise<void> {
  await using connection = await connectTo(server);
  const client = new Client({ connection: connection.value, namespace: server.namespace });
  const key = defineSearchAttributeKey('BackupServer', 'KEYWORD');
  const start = () =>
    client.workflow.start('backupDatabase', {
      taskQueue: 'nobody-listens',
      workflowId: 'one',
      ...(withAttribute && { typedSearchAttributes: [{ key, value: 'tempo' }] }),
    });
  // 1.24.2 looks every ten seconds for search attributes that were added.
  await vi.waitFor(start, { timeout: 60_000, interval: 250 });
  await server.kill();
  await server.start();
  const query = withAttribute ? "BackupServer = 'tempo'" : "WorkflowId = 'one'";
  await vi.waitFor(async () => expect((await client.workflow.count(query)).count).toBe(1), {
    timeout: 30_000,
    interval: 250,
  });
}

test.each([
  { name: 'MinIO', start: startMinio },
  { name: 'versitygw', start: startVersitygw },
])('$name keeps objects over a crash and checks signatures', async ({ start }) => {
  const server = await start({ buckets: ['backups'] });
  const clientWith = (secretAccessKey: string) =>
    new S3Client({
      endpoint: server.endpoint,
      region: server.region,
      credentials: { accessKeyId: server.accessKeyId, secretAccessKey },
      forcePathStyle: true,
      maxAttempts: 1,
    });
  const object = { Bucket: 'backups', Key: 'postgres/a/b' };
  await clientWith(server.secretAccessKey).send(new PutObjectCommand({ ...object, Body: 'twelve bytes' }));
  await server.kill();
  await server.start();
  const head = await clientWith(server.secretAccessKey).send(new HeadObjectCommand(object));
  expect(head.ContentLength).toBe(12);
  await expect(clientWith('wrong').send(new PutObjectCommand({ ...object, Body: 'other' }))).rejects.toThrow(
    expect.objectContaining({ name: 'SignatureDoesNotMatch' }),
  );
  await server.createBucket('locked', { objectLock: true });
  await expect(server.createBucket('locked')).rejects.toThrow();
  await server.stop();
  await expectNothingLeft();
});

test('Azurite keeps blobs and checks signatures', async () => {
  const server = await startAzurite({ containers: ['backups'] });
  const blobWith = (connectionString: string) =>
    BlobServiceClient.fromConnectionString(connectionString, { retryOptions: { maxTries: 1 } })
      .getContainerClient('backups')
      .getBlockBlobClient('postgres/a/b');
  await blobWith(server.connectionString).upload('twelve bytes', 12);
  expect((await blobWith(server.connectionString).getProperties()).contentLength).toBe(12);
  const wrong = server.connectionString.replace(server.accountKey, 'd3Jvbmc=');
  await expect(blobWith(wrong).getProperties()).rejects.toMatchObject({ statusCode: 403 });
  await server.stop();
  await expectNothingLeft();
});

test('fake-gcs-server keeps objects over a crash', async () => {
  const server = await startFakeGcs({ buckets: ['backups'] });
  const storage = new Storage({ apiEndpoint: server.endpoint, useAuthWithCustomEndpoint: false });
  const file = storage.bucket('backups').file('postgres/a/b');
  await file.save('twelve bytes', { resumable: false });
  await server.kill();
  await server.start();
  expect(Number((await file.getMetadata())[0].size)).toBe(12);
  await server.stop();
  await expectNothingLeft();
});

test('toxiproxy cuts, restores and cripples a connection', async () => {
  const upstream = createServer((_, response) => response.end('x'.repeat(100))).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const toxiproxy = await startToxiproxy();
  const proxy = await toxiproxy.createProxy(`127.0.0.1:${(upstream.address() as AddressInfo).port}`);
  const get = async () => {
    const response = await fetch(`http://${proxy.host}:${proxy.port}`, { headers: { connection: 'close' } });
    return (await response.text()).length;
  };
  expect(await get()).toBe(100);
  await proxy.disable();
  await expect(get()).rejects.toThrow('fetch failed');
  await proxy.enable();
  expect(await get()).toBe(100);
  const toxic = await proxy.addToxic({ type: 'limit_data', attributes: { bytes: 20 } });
  await expect(get()).rejects.toThrow();
  await proxy.removeToxic(toxic);
  expect(await get()).toBe(100);
  await toxiproxy.stop();
  upstream.close();
  await expectNothingLeft();
});

test('a killed parent takes its servers along', async () => {
  const script = `
    const { startPostgres } = await import(${JSON.stringify(join(import.meta.dirname, '../../tools/servers/postgres.ts'))});
    const { startMinio } = await import(${JSON.stringify(join(import.meta.dirname, '../../tools/servers/minio.ts'))});
    await startPostgres(); await startMinio(); console.log('up');`;
  const parent = execa(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    reject: false,
    env: { TMPDIR: scratch },
  });
  await new Promise((resolve) => parent.stdout.once('data', resolve));
  expect((await findOurProcesses()).length).toBeGreaterThan(2);
  parent.kill('SIGKILL');
  await parent;
  await vi.waitFor(async () => expect(await findOurProcesses()).toEqual([]), {
    timeout: 30_000,
    interval: 100,
  });
  expect(existsSync(scratch)).toBe(true);
});
