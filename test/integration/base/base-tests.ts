import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { expect } from 'vitest';
import { parseBaseManifest, type BaseManifest } from '../../../src/model/base-manifest.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { startTemporalDevServer, type TemporalDevServer } from '../../../tools/servers/temporal.js';
import {
  startBackupSystem,
  type BackupSystem,
  type BackupSystemOptions,
} from '../../support/backup-system.js';
import { makeNamespace } from '../../support/temporal-namespace.js';
import { listStore } from '../../support/whole-backup.js';

const signal = new AbortController().signal;

/** Servers that several systems share. */
export interface BaseServers extends AsyncDisposable {
  postgres: PostgresServer;
  temporal: TemporalDevServer;
}

/** Starts them. */
export async function startBaseServers(
  options: Parameters<typeof startPostgres>[0] = {},
): Promise<BaseServers> {
  const postgres = await startPostgres(options);
  await postgres.query(
    'postgres',
    'CREATE TABLE kept AS SELECT n, md5(n::text) FROM generate_series(1, 1000) n',
  );
  const temporal = await startTemporalDevServer();
  return {
    postgres,
    temporal,
    async [Symbol.asyncDispose]() {
      await postgres[Symbol.asyncDispose]();
      await temporal[Symbol.asyncDispose]();
    },
  };
}

/** A system with a server of which WAL is archived. */
export async function startBaseSystem(
  { postgres, temporal }: BaseServers,
  options: Partial<BackupSystemOptions> = {},
): Promise<BackupSystem> {
  const { server, ...rest } = options;
  return startBackupSystem({
    postgres,
    temporal: await makeNamespace(temporal),
    databases: ['postgres'],
    server: { wal: {}, ...server },
    ...rest,
  });
}

/** The manifest of a base backup. */
export async function readManifestOf(
  { store }: Pick<BackupSystem, 'store'>,
  backupId: string,
): Promise<BaseManifest> {
  const key = (await listStore(store)).objects.find((object) =>
    object.endsWith(`/${backupId}.manifest.json`),
  )!;
  return parseBaseManifest((await store.getDocument(key, signal))!.toString(), key);
}

/** Keys of the base backups' objects in the store, and uploads that were never ended. */
export async function listBase({ store }: Pick<BackupSystem, 'store'>): Promise<string[]> {
  const { objects, unfinished } = await listStore(store);
  return [...objects.filter((key) => key.startsWith('base/')), ...unfinished];
}

/**
 * A base backup is whole: what the store holds is what its manifest says, and what is in it passes PostgreSQL's own test of a
 * backup, every file by its checksum.
 */
export async function expectWholeBase(
  { store, key, postgres }: Pick<BackupSystem, 'store' | 'key' | 'postgres'>,
  backupId: string,
): Promise<BaseManifest> {
  const manifest = await readManifestOf({ store }, backupId);
  const { artifact, layout } = manifest;
  const scratch = await mkdtemp(join(tmpdir(), 'tb-base-'));
  try {
    const stored = join(scratch, 'stored');
    await pipeline(await store.openRead(artifact.key, signal), createWriteStream(stored));
    const content = await readFile(stored);
    expect(content.length).toBe(artifact.bytes);
    expect(createHash('sha256').update(content).digest('hex')).toBe(artifact.sha256);
    const archive = artifact.encryption.method === 'gpg' ? join(scratch, 'decrypted') : stored;
    if (archive !== stored) await key!.decrypt(stored, archive);
    const data = join(scratch, 'data');
    await mkdir(data);
    if (layout === 'stream') await extract(archive, data);
    else {
      const files = join(scratch, 'files');
      await mkdir(files);
      await execa('tar', ['-xf', archive, '-C', files]);
      for (const file of (await readdir(files)).filter((name) => name.includes('.tar'))) {
        const [oid] = basename(file).split('.');
        const into = oid === 'base' ? data : join(data, 'pg_tblspc', oid!);
        await mkdir(into, { recursive: true });
        await extract(join(files, file), into);
      }
      await execa('cp', [join(files, 'backup_manifest'), data]);
    }
    if (postgres.major < 18)
      await execa(join(postgres.binDirectory, 'pg_verifybackup'), ['--no-parse-wal', data]);
    return manifest;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const extract = (archive: string, directory: string) =>
  execa('tar', ['--auto-compress', '-xf', archive, '-C', directory]);
