import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestFile } from '../../../src/archive/digest-file.js';
import { encryptFile } from '../../../src/archive/gpg.js';
import { packDirectory } from '../../../src/archive/tar.js';
import type { DatabaseManifest } from '../../../src/model/manifest.js';
import { listDumpFiles } from '../../../src/postgres/inventory.js';
import { downloadArtifact } from '../../../src/restores/download-artifact.js';
import { unpackArtifact } from '../../../src/restores/unpack-artifact.js';
import { openStore } from '../../../src/stores/open-store.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { createAwkwardDatabases } from '../../support/awkward-databases.js';
import { makeGpgHome, type GpgHome } from '../../support/gpg-home.js';
import { sampleManifest } from '../../support/sample-manifest.js';
import { nameBackup, subjectOf } from '../../support/seed-backup.js';
import { dump } from '../postgres/restored-database.js';

const context = { signal: new AbortController().signal, onProgress: () => undefined };
const directories = (process.env.PATH ?? '').split(delimiter);

let key: GpgHome;
let scratch: string;
beforeAll(async () => {
  key = await makeGpgHome('Backups <backups@example.org>');
  scratch = await mkdtemp(join(tmpdir(), 'tb-test-'));
});
afterAll(async () => {
  await key[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true, force: true });
});

/** Dumps a database and stores it as a backup does. */
async function storeBackup(server: PostgresServer, database: string) {
  const directory = await mkdtemp(join(scratch, 'backup-'));
  const { inventory, files } = await dump(server, database, directory);
  const packed = join(directory, 'packed');
  await packDirectory(join(directory, 'data'), packed, { method: 'zstd', level: 1 }, directories, context);
  const publicKeysFile = join(directory, 'public.asc');
  await key.exportPublicKeys(publicKeysFile);
  const recipients = [key.fingerprint];
  const file = join(directory, 'encrypted');
  await encryptFile(packed, file, { recipients, publicKeysFile }, directories, context);

  const digest = await digestFile(file, context.signal, context.onProgress);
  const subject = subjectOf('prod', database);
  const sample = sampleManifest(subject, nameBackup(subject, new Date('2026-06-01T02:00:00Z')).id);
  const encryption = { method: 'gpg' as const, keyFingerprints: recipients };
  const artifact = { ...sample.artifact, ...digest, encryption };
  const manifest = { ...sample, inventory, artifact } as DatabaseManifest;
  await mkdir(join(directory, 'store'));
  const store = await openStore({ name: 'primary', url: pathToFileURL(join(directory, 'store')).href });
  await store.putFile(artifact.key, { path: file, ...digest }, context);
  return { store, manifest, files, data: join(directory, 'data') };
}

describe.each([16, 18])('a backup of PostgreSQL %d', (major) => {
  let server: PostgresServer;
  let databases: string[];
  beforeAll(async () => {
    server = await startPostgres({ major });
    databases = await createAwkwardDatabases(server);
  });
  afterAll(() => server.stop());

  it('is from the store to its directory what was dumped, whatever is in the database', async () => {
    expect(databases.length).toBeGreaterThan(10);
    for (const database of databases) {
      const { store, manifest, files, data } = await storeBackup(server, database);
      const work = await mkdtemp(join(scratch, 'restore-'));
      const file = join(work, 'artifact');
      const unpacked = join(work, 'dump');
      await downloadArtifact(store, manifest.artifact, file, context);
      const privateKeysFile = join(work, 'private.asc');
      await key.exportPrivateKeys(privateKeysFile);
      const options = {
        privateKeys: { privateKeysFile },
        workDirectory: work,
        programDirectories: directories,
      };
      await unpackArtifact(manifest, file, unpacked, options, context);
      expect(await listDumpFiles(unpacked), database).toEqual(files);
      for (const { name, bytes } of files)
        if (bytes < 1_000_000)
          expect((await readFile(join(unpacked, name))).equals(await readFile(join(data, name))), name).toBe(
            true,
          );
      expect((await readdir(work)).sort()).toEqual(['artifact', 'dump', 'private.asc']);
      expect((await stat(file)).size).toBe(manifest.artifact.bytes);
    }
  });
});
