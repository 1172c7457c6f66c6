import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { makeBase } from '../../support/base-runs.js';
import { shareInFile } from '../../support/share-in-file.js';
import { makeWrappedPrograms } from '../../support/wrapped-programs.js';
import {
  expectWholeBase,
  readManifestOf,
  startBaseServers,
  startBaseSystem,
  type BaseServers,
} from './base-tests.js';

async function startWithTablespace(): Promise<BaseServers> {
  const servers = await startBaseServers();
  const location = await mkdtemp(join(tmpdir(), 'tb-tablespace-'));
  await execa('chown', ['postgres:', location]);
  await servers.postgres.query('postgres', `CREATE TABLESPACE "fast ß" LOCATION '${location}'`);
  await servers.postgres.query(
    'postgres',
    'CREATE TABLE elsewhere TABLESPACE "fast ß" AS SELECT n FROM generate_series(1, 10000) n',
  );
  return {
    ...servers,
    async [Symbol.asyncDispose]() {
      await servers[Symbol.asyncDispose]();
      await rm(location, { recursive: true, force: true });
    },
  };
}

describe('a server with tablespaces of its own', () => {
  const servers = shareInFile(startWithTablespace);

  it('is backed up with all of them', async () => {
    await using system = await startBaseSystem(servers(), { encryption: 'gpg' });
    const { backupId, artifactKey } = await makeBase(system);
    expect(artifactKey).toMatch(/\.tar\.gpg$/);
    const { layout, tablespaces, artifact } = await expectWholeBase(system, backupId);
    expect(layout).toBe('files');
    expect(artifact.codec).toBe('zstd');
    expect(tablespaces).toMatchObject([{ name: 'fast ß' }]);
  });
});

describe('a server that keeps summaries of its WAL', () => {
  const servers = shareInFile(() => startBaseServers({ major: 18, settings: { summarize_wal: 'on' } }));

  it('is backed up whole once, and then only what has changed', async () => {
    await using system = await startBaseSystem(servers(), { encryption: 'gpg' });
    const whole = await makeBase(system);
    expect(whole.incrementalTo).toBeUndefined();
    await system.postgres.query('postgres', 'CREATE TABLE later AS SELECT n FROM generate_series(1, 100) n');
    const changes = await makeBase(system);
    expect(changes.incrementalTo).toBe(whole.backupId);
    expect(changes.bytes).toBeLessThan(whole.bytes / 2);
    const manifest = await expectWholeBase(system, changes.backupId);
    // Its programs are built without zstd.
    expect(manifest).toMatchObject({
      layout: 'files',
      incrementalTo: whole.backupId,
      artifact: { codec: 'gzip' },
    });
    expect(manifest.backupManifest).toMatchObject({ encryption: { method: 'none' } });
    expect(await system.listStaging()).toEqual([]);
  });

  it('is backed up whole when what the changes are told by is gone from the store', async () => {
    await using system = await startBaseSystem(servers());
    const whole = await makeBase(system);
    const { backupManifest } = await readManifestOf(system, whole.backupId);
    await system.store.delete(backupManifest!.key, new AbortController().signal);
    const second = await makeBase(system);
    expect(second.incrementalTo).toBeUndefined();
    await expectWholeBase(system, second.backupId);
  });

  it('is backed up whole when the server no longer has the summaries', async () => {
    await using programs = await makeWrappedPrograms();
    await programs.wrap({
      name: 'pg_basebackup',
      from: servers().postgres.binDirectory,
      argument: '--incremental',
      script: `echo 'pg_basebackup: error: could not initiate base backup: ERROR:  WAL summaries are required on timeline 1 from 0/4000028 to 0/7000028, but no summaries for that timeline and LSN range exist' >&2; exit 1`,
    });
    await using system = await startBaseSystem(servers(), { programDirectories: [programs.directory] });
    await makeBase(system);
    const second = await makeBase(system);
    expect(second.incrementalTo).toBeUndefined();
    await expectWholeBase(system, second.backupId);
  });
});
