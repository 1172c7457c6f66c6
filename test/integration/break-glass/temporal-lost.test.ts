import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { DatabaseManifest } from '../../../src/model/manifest.js';
import { MAIN_QUEUE, operationId } from '../../../src/model/queues.js';
import type { backupDatabases } from '../../../src/workflows/index.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { startTemporal124 } from '../../../tools/servers/temporal-1-24.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { makeGpgHome } from '../../support/gpg-home.js';
import { waitUntil } from '../../support/wait-until.js';
import { listStore } from '../../support/whole-backup.js';
import { failureOf } from '../../support/workflow-failure.js';
import { breakGlass, describeTarget } from '../client/rescue-glass.js';
import { answer, type ask, type greet } from './agent-workflows.js';
import { AGENTS, withAgents } from './agents.js';

const PASSPHRASE = 'correct horse';
const SCHEDULE = 'agents/greet';
/** Temporal's own role: the server can connect again only when it has come back with its password. */
const role = { user: 'temporal', password: 'of-temporal' };
const signal = new AbortController().signal;

/** One run that is done, one that waits for a person, and a schedule. */
async function putAgentsToWork({ client: { workflow, schedule } }: BackupSystem): Promise<void> {
  await workflow.execute<typeof greet>('greet', { taskQueue: AGENTS, workflowId: 'done', args: ['Ada'] });
  const options = { taskQueue: AGENTS, workflowId: 'asking', args: ['Deploy?'] as [string] };
  const asking = await workflow.start<typeof ask>('ask', options);
  await waitUntil('the agent has slept', async () => {
    const { events = [] } = await asking.fetchHistory();
    return events!.some(({ timerFiredEventAttributes }) => timerFiredEventAttributes);
  });
  await schedule.create({
    scheduleId: SCHEDULE,
    spec: { intervals: [{ every: '2 seconds' }] },
    action: { type: 'startWorkflow', workflowType: 'greet', taskQueue: AGENTS, args: ['Bob'] },
    state: { note: 'from before' },
  });
}

/** Backs everything up as the schedule of every night does. */
async function backUp({ client }: BackupSystem, workflowId: string) {
  const options = { taskQueue: MAIN_QUEUE, workflowId, args: [{}] as [object] };
  const { backups } = await client.workflow.execute<typeof backupDatabases>('backupDatabases', options);
  return backups.map(({ database = 'globals', outcome }) => `${database} ${outcome}`).sort();
}

/** Fills the server from the store and the key alone, with its password where the worker finds it afterwards as well. */
async function rescueServer(system: BackupSystem, replacement: PostgresServer) {
  await writeFile(join(system.scratch, 'postgres-password'), replacement.password);
  const { rescue, store, keys } = await breakGlass(system, { passphrase: PASSPHRASE });
  return rescue('server', ...store, ...keys, ...(await describeTarget(system, replacement)));
}

async function expectWorkGoesOn(client: Client): Promise<void> {
  const rescued = new Date();
  expect(await client.workflow.getHandle<typeof greet>('done').result()).toBe('Hello Ada');
  const asking = client.workflow.getHandle<typeof ask>('asking');
  expect((await asking.describe()).status.name).toBe('RUNNING');
  await asking.signal(answer, 'Yes.');
  expect(await asking.result()).toBe('Deploy? Yes.');

  const schedule = client.schedule.getHandle(SCHEDULE);
  await waitUntil('the schedule starts another run', async () => {
    const { state, info } = await schedule.describe();
    expect(state.note).toBe('from before');
    return info.recentActions.some(({ takenAt }) => takenAt > rescued);
  });
  await waitUntil('the run that went on is found as completed', async () => {
    const query = `WorkflowType = 'ask' AND ExecutionStatus = 'Completed'`;
    return (await client.workflow.count(query)).count === 1;
  });
  await schedule.delete();
}

/** The only backup of Temporal's own database: the manifest, and that the artifact is what it says. */
async function readWholeBackup({ store }: BackupSystem): Promise<DatabaseManifest> {
  const { objects } = await listStore(store);
  const [key, another] = objects.filter((name) => /^postgres\/main\/temporal\/.*manifest\.json$/.test(name));
  expect(another).toBeUndefined();
  const manifest = JSON.parse((await store.getDocument(key!, signal))!.toString()) as DatabaseManifest;
  const { artifact } = manifest;
  await store.verify(artifact.key, artifact, { signal, onProgress: () => undefined });
  return manifest;
}

/** In milliseconds: three servers are started twice, one after the other. */
const PATIENCE = 600_000;

test(
  'Temporal goes on where it was after the PostgreSQL server that keeps its state was destroyed',
  async () => {
    await using postgres = await startPostgres();
    await postgres.query('postgres', `CREATE ROLE ${role.user} LOGIN CREATEDB PASSWORD '${role.password}'`);
    await using temporal = await startTemporal124({ postgres: { ...postgres, ...role } });
    await using key = await makeGpgHome('backups@test.invalid', { passphrase: PASSPHRASE });
    const databases = ['temporal', 'temporal_visibility'];
    await using system = await startBackupSystem({
      databases,
      postgres,
      temporal,
      encryption: 'gpg',
      key,
      server: { globals: true },
    });
    await withAgents(temporal.address, () => putAgentsToWork(system));
    const allCommitted = ['globals', ...databases].map((name) => `${name} committed`);
    expect(await backUp(system, 'nightly')).toEqual(allCommitted);
    const backup = await readWholeBackup(system);

    await system.worker.stop();
    await temporal.kill();
    await postgres.stop();
    await using replacement = await startPostgres({ port: postgres.port });
    const { exitCode, stderr } = await rescueServer(system, replacement);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    await temporal.start();
    await withAgents(temporal.address, () => expectWorkGoesOn(system.client));

    // Its own backup was on its way at that moment, too. It must not damage the one that all this was made from.
    await system.worker.start();
    const { workflow } = system.client;
    const own = workflow.getHandle(operationId({ kind: 'database', server: SERVER, database: 'temporal' }));
    expect(await failureOf(own)).toMatchObject({
      type: 'StoreConflict',
      message: expect.stringContaining('nothing is to be done') as string,
    });
    expect(await failureOf(workflow.getHandle('nightly'))).toMatchObject({ type: 'BackupsFailed' });
    expect(await readWholeBackup(system)).toEqual(backup);
    expect(await backUp(system, 'next')).toEqual(allCommitted);
  },
  PATIENCE,
);
