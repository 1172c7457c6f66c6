import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { startPostgres } from '../../tools/servers/postgres.js';
import { startTemporalDevServer } from '../../tools/servers/temporal.js';
import { waitForFailedAttempt } from '../support/activity-attempts.js';
import { startBackupSystem, type BackupSystemOptions } from '../support/backup-system.js';
import { createBigTable } from '../support/big-table.js';
import { shareInFile } from '../support/share-in-file.js';
import { makeNamespace } from '../support/temporal-namespace.js';
import { expectEmptyStore, expectOneWholeBackup } from '../support/whole-backup.js';
import { failureOf } from '../support/workflow-failure.js';
import { makeWrappedPrograms } from '../support/wrapped-programs.js';

/** A file system of its own, in memory. */
async function mountVolume(mebibytes: number): Promise<{ directory: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'tb-volume-'));
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory]);
  return {
    directory,
    async [Symbol.asyncDispose]() {
      await execa('umount', [directory]);
      await rm(directory, { recursive: true });
    },
  };
}

const fill = (file: string) => `cat /dev/zero > '${file}' 2>/dev/null`;

describe.skipIf(process.getuid?.() !== 0)('a staging volume (mounted by root)', () => {
  const postgres = shareInFile(startPostgres);
  const temporal = shareInFile(startTemporalDevServer);
  beforeAll(async () => {
    await postgres().query('postgres', 'CREATE DATABASE app');
    await createBigTable(postgres(), 'app', 20_000);
  });

  /** A system whose staging directory lies on the volume, beside what else fills it. */
  const startSystemOn = async (volume: { directory: string }, options: Partial<BackupSystemOptions> = {}) =>
    startBackupSystem({
      databases: ['app'],
      postgres: postgres(),
      temporal: await makeNamespace(temporal()),
      stagingDirectory: join(volume.directory, 'staging'),
      ...options,
    });

  test.concurrent('that the backup can never fit in is refused at once', async () => {
    await using volume = await mountVolume(16);
    await using system = await startSystemOn(volume);
    const { type, message } = await failureOf(await system.startBackup('app'));
    expect(type).toBe('StagingTooSmall');
    expect(message).toMatch(
      /^Backup app_\d+_\d+ needs .* has 0\.02 GB in all; enlarge the staging volume\.$/,
    );
    await expectEmptyStore(system.store);
  });

  test.concurrent('that others have filled is waited for', async () => {
    await using volume = await mountVolume(64);
    await using system = await startSystemOn(volume);
    const filler = join(volume.directory, 'filler');
    await execa('fallocate', ['-l', '48M', filler]);
    const backup = await system.startBackup('app');
    const { type, message } = await waitForFailedAttempt(backup, 'reserveStaging');
    expect(type).toBe('StagingFull');
    expect(message).toMatch(/^Backup app_.* beside 0 backups in flight; free space, or wait for them\.$/);
    await rm(filler);
    await expectOneWholeBackup(system, (await backup.result()).backupId);
  });

  const steps = [
    ['dump', { name: 'pg_dump', argument: '--format=directory' }],
    ['compress', { name: 'tar', argument: '--create' }],
    ['encrypt', { name: 'gpg', argument: '--encrypt' }],
  ] as const;
  test.concurrent.each(steps)(
    'that gets full during %s fails the step, and leaves nothing of it',
    async (step, program) => {
      await using volume = await mountVolume(64);
      await using programs = await makeWrappedPrograms();
      const filler = join(volume.directory, 'filler');
      await programs.wrap({
        ...program,
        ...(step === 'dump' ? { from: postgres().binDirectory } : {}),
        script: `${fill(filler)}\nexec "$real" "$@"`,
      });
      await using system = await startSystemOn(volume, {
        encryption: 'gpg',
        programDirectories: [programs.directory],
      });
      const backup = await system.startBackup('app');
      const { type, message } = await waitForFailedAttempt(backup, step);
      expect(type).toBe('StagingFull');
      expect(message).toMatch(/^[^\n]*; free space on the staging volume\.$/);
      expect(await system.listStaging()).not.toContainEqual(expect.stringContaining('.attempt-'));

      await backup.cancel();
      expect(await failureOf(backup)).toMatchObject({ type: 'Cancelled' });
      expect(await system.listStaging()).toEqual([]);
      await expectEmptyStore(system.store);
    },
  );
});
