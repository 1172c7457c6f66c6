import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Artifact } from '../../../src/model/manifest.js';
import { downloadArtifact } from '../../../src/restores/download-artifact.js';
import { openStore } from '../../../src/stores/open-store.js';
import type { Store } from '../../../src/stores/store.js';
import { startMinio } from '../../../tools/servers/minio.js';
import type { S3Server } from '../../../tools/servers/s3.js';
import { startVersitygw } from '../../../tools/servers/versitygw.js';
import { makeSourceFiles, type TestFile } from '../stores/source-files.js';

const { signal } = new AbortController();
const options = { signal, onProgress: () => undefined };
const BYTES = 24 * 1024 ** 2;
const KEY = 'postgres/prod/app/app_20260601_020000.dump.tar.zst.gpg';

/** A store whose readings are counted; the first one breaks off after so many bytes, as a connection does. */
function watched(store: Store, breakAfter: number) {
  const readings: { start: number; bytes: number }[] = [];
  const openRead: Store['openRead'] = async (key, readSignal, start = 0) => {
    const source = await store.openRead(key, readSignal, start);
    const reading = { start, bytes: 0 };
    const limit = readings.push(reading) === 1 ? breakAfter : Infinity;
    return Readable.from(
      (async function* () {
        for await (const piece of source as AsyncIterable<Buffer>) {
          const part = piece.subarray(0, limit - reading.bytes);
          reading.bytes += part.length;
          yield part;
          if (reading.bytes === limit) throw new Error('connection lost');
        }
      })(),
    );
  };
  return { store: { ...store, openRead }, readings };
}

describe.each<[string, (() => Promise<S3Server>) | undefined]>([
  ['a directory', undefined],
  ['MinIO', () => startMinio({ buckets: ['backups'] })],
  ['versitygw', () => startVersitygw({ buckets: ['backups'] })],
])('from %s, an artifact', (_kind, startServer) => {
  let server: S3Server | undefined;
  let store: Store;
  let scratch: string;
  let files: Awaited<ReturnType<typeof makeSourceFiles>>;
  let source: TestFile;
  let artifact: Artifact;
  beforeAll(async () => {
    server = await startServer?.();
    scratch = await mkdtemp(join(tmpdir(), 'tb-test-'));
    files = await makeSourceFiles();
    const name = 'primary';
    store = server
      ? await openStore(
          { name, url: 's3://backups/restores', endpoint: server.endpoint, region: server.region },
          server,
        )
      : await openStore({ name, url: pathToFileURL(await mkdtemp(join(scratch, 'store-'))).href });
    source = await files.make(BYTES);
    await store.putFile(KEY, source, options);
    const { bytes, sha256 } = source;
    artifact = { key: KEY, bytes, sha256, codec: 'zstd', encryption: { method: 'none' } };
  });
  afterAll(async () => {
    await files[Symbol.asyncDispose]();
    await server?.stop();
    await rm(scratch, { recursive: true, force: true });
  });

  it('goes on where the connection broke, and asks for no byte twice', async () => {
    const file = join(await mkdtemp(join(scratch, 'download-')), 'artifact');
    const { store: breaking, readings } = watched(store, 10_000_000);
    await expect(downloadArtifact(breaking, artifact, file, options)).rejects.toThrow('connection lost');
    await downloadArtifact(breaking, artifact, file, options);
    expect(readings).toEqual([
      { start: 0, bytes: 10_000_000 },
      { start: 10_000_000, bytes: BYTES - 10_000_000 },
    ]);
    expect((await readFile(file)).equals(await readFile(source.path))).toBe(true);
    expect(await readdir(join(file, '..'))).toEqual(['artifact']);
  });

  it('that was exchanged for another, or removed, is told apart', async () => {
    const directory = await mkdtemp(join(scratch, 'download-'));
    const file = join(directory, 'artifact');
    await store.delete(KEY, signal);
    await expect(downloadArtifact(store, artifact, file, options)).rejects.toMatchObject({
      type: 'ArtifactDamaged',
      message: `${KEY} is missing from store "primary"; restore from another store, or restore another backup.`,
    });
    await store.putFile(KEY, await files.make(BYTES), options);
    await expect(downloadArtifact(store, artifact, file, options)).rejects.toMatchObject({
      type: 'ArtifactDamaged',
      message: expect.stringContaining('has other content than was stored') as string,
    });
    await store.delete(KEY, signal);
    await store.putFile(KEY, await files.make(BYTES - 1), options);
    await expect(downloadArtifact(store, artifact, file, options)).rejects.toMatchObject({
      type: 'ArtifactDamaged',
      message: expect.stringContaining(`is cut short: ${BYTES - 1} bytes instead of ${BYTES}`) as string,
    });
    expect(await readdir(directory)).toEqual([]);
  });
});
