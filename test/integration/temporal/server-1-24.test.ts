import { expect, test } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { searchAttributeKeys as keys } from '../../../src/model/search-attributes.js';
import type { BackupsResult } from '../../../src/model/results.js';
import { backupProgressQuery, backupsProgressQuery } from '../../../src/workflows/queries.js';
import { startTemporal124 } from '../../../tools/servers/temporal-1-24.js';
import { countAttempts } from '../../support/activity-attempts.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { startHeldSystem, startSharedServers } from '../../support/held-backup.js';
import { nameBackup, subjectOf } from '../../support/seed-backup.js';
import { sampleManifest } from '../../support/sample-manifest.js';
import { shareInFile } from '../../support/share-in-file.js';
import { waitUntil } from '../../support/wait-until.js';
import { expectEmptyStore, expectOneWholeBackup, listStore } from '../../support/whole-backup.js';
import { failureOf } from '../../support/workflow-failure.js';
import { runCli } from '../client/run-cli.js';

const signal = new AbortController().signal;
const DAY = 86_400_000;

const servers = shareInFile(startSharedServers);
// As TempoNest has it: Temporal keeps its state in the PostgreSQL server that is backed up.
const temporal = shareInFile(() => startTemporal124({ postgres: servers().postgres }));

/** Puts a backup of each of the last 40 nights into the store. */
async function seedNights({ store }: BackupSystem, database: string): Promise<void> {
  for (let night = 1; night <= 40; night += 1) {
    const { subject, id, artifact, manifest } = nameBackup(
      subjectOf(SERVER, database),
      new Date(Date.now() - night * DAY),
    );
    await store.putDocument(artifact, Buffer.from('four'), signal);
    const document = JSON.stringify(sampleManifest(subject, id, 4));
    await store.putDocument(manifest, Buffer.from(document), signal);
  }
}

/** How often the server found fault with what a workflow asked it for. */
async function countFailedWorkflowTasks(handle: WorkflowHandle): Promise<number> {
  const { events = [] } = await handle.fetchHistory();
  return events!.filter((event) => event.workflowTaskFailedEventAttributes).length;
}

test('a worker that starts before the namespace has its search attributes waits until they are accepted', async () => {
  await temporal().createNamespace('fresh');
  await using system = await startBackupSystem({
    databases: ['app'],
    postgres: servers().postgres,
    temporal: { ...temporal(), namespace: 'fresh' },
  });
  const query = Object.keys(keys)
    .map((name) => `${name} = 'none'`)
    .join(' OR ');
  expect((await system.client.workflow.count(query)).count).toBe(0);
  await system.worker.stop();
  await system.worker.start();
});

test('a nightly run, started by its schedule, commits, prunes, and can be found by what it did', async () => {
  await using system = await startBackupSystem({
    databases: ['app', 'temporal', 'temporal_visibility'],
    postgres: servers().postgres,
    temporal: temporal(),
    server: { globals: true },
    configuration: { schedules: { nightly: { hour: 2 } } },
  });
  await seedNights(system, 'app');
  const cli = async (...args: string[]) => {
    const done = await runCli(['--config', system.configurationFile, '--json', ...args], system.environment);
    expect(done).toMatchObject({ exitCode: 0 });
    return JSON.parse(done.stdout) as { workflowId: string };
  };
  await cli('schedules', 'apply');
  const { workflowId } = await cli('schedules', 'trigger', 'nightly', '--detach');
  const handle = system.client.workflow.getHandle(workflowId);
  const { backups, pruned } = (await handle.result()) as BackupsResult;
  expect(backups.map(({ database = 'globals', outcome }) => `${database} ${outcome}`).sort()).toEqual([
    'app committed',
    'globals committed',
    'temporal committed',
    'temporal_visibility committed',
  ]);
  expect(pruned!.deleted).toBeGreaterThan(10);
  const { objects } = await listStore(system.store);
  expect(objects.filter((key) => key.endsWith('.manifest.json'))).toHaveLength(pruned!.kept);

  expect(await handle.query(backupsProgressQuery)).toMatchObject({ step: 'done', backups: { length: 4 } });
  const found = await waitUntil('the backup of app is listed', async () => {
    const query = `BackupServer = '${SERVER}' AND BackupDatabase = 'app' AND BackupOutcome = 'committed'`;
    for await (const run of system.client.workflow.list({ query })) return run;
    return undefined;
  });
  const backup = backups.find(({ database }) => database === 'app')!;
  const facts = {
    BackupServer: SERVER,
    BackupDatabase: 'app',
    BackupKind: 'database',
    BackupOutcome: 'committed',
    BackupId: 'backupId' in backup && backup.backupId,
  };
  expect(found.memo).toEqual(facts);
  const shown = Object.entries(keys).map(([name, key]) => [name, found.typedSearchAttributes.get(key)]);
  expect(Object.fromEntries(shown)).toEqual(facts);
  expect(await countFailedWorkflowTasks(handle)).toBe(0);
  expect(await countFailedWorkflowTasks(system.client.workflow.getHandle(found.workflowId))).toBe(0);

  await system.client.schedule.getHandle('temponest-backups/nightly').delete();
});

test('a backup is cancelled in the middle of its dump, and leaves nothing', async () => {
  await using system = await startHeldSystem('dump', servers(), { temporal: temporal() });
  const backup = await system.startBackup('app');
  await system.held();
  expect(await backup.query(backupProgressQuery)).toMatchObject({ step: 'dump' });
  await backup.cancel();
  expect(await failureOf(backup)).toMatchObject({ type: 'Cancelled' });
  expect(await backup.describe()).toMatchObject({
    status: { name: 'CANCELLED' },
    memo: { BackupOutcome: 'cancelled' },
  });
  expect(await system.listStaging()).toEqual([]);
  await expectEmptyStore(system.store);
});

test('a worker killed in the middle of an upload is replaced', async () => {
  await using system = await startHeldSystem('upload', servers(), { temporal: temporal() });
  const backup = await system.startBackup('app');
  await system.held();
  await system.worker.kill('SIGKILL');
  await system.worker.start();
  const { backupId } = await backup.result();
  expect(await countAttempts(backup)).toMatchObject({
    dump: 1,
    compress: 1,
    encrypt: 1,
    upload: 2,
    commit: 1,
  });
  await expectOneWholeBackup(system, backupId);
});
