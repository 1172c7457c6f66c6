import { expect, it } from 'vitest';
import { operationId } from '../../../src/model/queues.js';
import { SERVER, type BackupSystem } from '../../support/backup-system.js';
import { makeBase, pretendToArchive, untilAwaitingWal } from '../../support/base-runs.js';
import { shareInFile } from '../../support/share-in-file.js';
import { waitUntil } from '../../support/wait-until.js';
import { runCli, startCli } from '../client/run-cli.js';
import { startBaseServers, startBaseSystem } from './base-tests.js';

const servers = shareInFile(startBaseServers);

const environmentOf = (system: BackupSystem) => ({
  ...system.environment,
  TEMPONEST_BACKUPS_CONFIG: system.configurationFile,
});

it('a base backup is made, listed, shown and judged on the command line', async () => {
  await using system = await startBaseSystem(servers());
  const cli = (...args: string[]) => runCli(args, environmentOf(system));
  const before = await cli('status');
  expect(before.exitCode).toBe(2);
  expect(before.stdout).toMatch(/\nCRITICAL: no backup at all of postgres\. And \d+ more faults?, above\.$/);

  const running = startCli(['backup-cluster', '--reason', 'test'], environmentOf(system));
  const base = system.client.workflow.getHandle(operationId({ kind: 'base', server: SERVER }));
  await waitUntil('it is begun', () =>
    base.describe().then(
      () => true,
      () => false,
    ),
  );
  await untilAwaitingWal(base);
  await pretendToArchive(system);
  const { exitCode, stdout } = await running;
  expect(exitCode).toBe(0);
  const [, id] = /^Base backup (base_\d{8}_\d{6}) of server main committed: .* stored as /.exec(stdout)!;

  const listed = JSON.parse((await cli('list', '--json')).stdout) as { backups: object[] };
  expect(listed.backups).toMatchObject([{ id, kind: 'base' }]);
  expect((await cli('list')).stdout).toMatch(new RegExp(`^${id} +whole server +`, 'm'));
  // It is no database, which may have that name.
  const unknown = await cli('list', 'whole server');
  expect(unknown.stdout).not.toContain(id);
  expect(unknown.exitCode).not.toBe(0);
  const shown = await cli('show', id!);
  expect(shown.stdout).toMatch(/^Holds +the whole server$/m);
  expect(shown.stdout).toMatch(/^WAL needed +0\/\w+ to 0\/\w+, timeline 1/m);
  expect((await cli('status')).stdout).toMatch(new RegExp(`^whole server +ok +${id} `, 'm'));
});

it('pruning shows what it would do about base backups and WAL, and does it', async () => {
  await using system = await startBaseSystem(servers(), {
    configuration: { retention: { base: 1 } },
  });
  const cli = (...args: string[]) => runCli([...args, '--json'], environmentOf(system));
  const { backupId: first } = await makeBase(system);
  await system.postgres.query('postgres', 'CREATE TABLE between AS SELECT n FROM generate_series(1, 1000) n');
  const { backupId: second } = await makeBase(system);
  const preview = JSON.parse((await cli('prune', '--dry-run')).stdout) as Record<string, unknown>;
  expect(preview).toMatchObject({
    deleted: 1,
    decisions: [
      { backupId: second, kind: 'base', keep: true, rules: ['base'] },
      { backupId: first, kind: 'base', keep: false, rules: ['expired'] },
    ],
  });
  expect(preview.walDeleted).toBeGreaterThan(0);
  const { exitCode, stdout } = await cli('prune', '--yes');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ deleted: 1, walDeleted: preview.walDeleted });
  const again = JSON.parse((await cli('prune', '--dry-run')).stdout) as object;
  expect(again).toMatchObject({ kept: 1, deleted: 0, walDeleted: 0 });
});
