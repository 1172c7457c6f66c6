import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, Connection, ScheduleNotFoundError, type ScheduleDescription } from '@temporalio/client';
import { stringify } from 'yaml';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startTemporal124 } from '../../../tools/servers/temporal-1-24.js';
import { startTemporalDevServer, type TemporalServer } from '../../../tools/servers/temporal.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';
import { runCli } from './run-cli.js';

/** Starts Temporal 1.24.2 with the PostgreSQL server that it needs. */
async function startTemporal124WithPostgres(): Promise<TemporalServer> {
  const postgres = await startPostgres();
  const temporal = await startTemporal124({ postgres });
  const stop = async () => {
    await temporal.stop();
    await postgres.stop();
  };
  return { ...temporal, stop, [Symbol.asyncDispose]: stop };
}

describe.each([
  ['the current development server', startTemporalDevServer],
  ['server 1.24.2', startTemporal124WithPostgres],
])('schedules on %s', (_, startTemporal) => {
  let temporal: TemporalServer;
  let connection: Connection;
  let client: Client;
  let configurationFile: string;

  beforeAll(async () => {
    temporal = await startTemporal();
    connection = await Connection.connect({ address: temporal.address });
    client = new Client({ connection });
  });
  afterAll(async () => {
    await connection.close();
    await temporal.stop();
  });
  beforeEach(async () => {
    configurationFile = join(await makeScratchDirectory(), 'backups.yaml');
  });
  afterEach(async () => {
    for (const id of await listIds()) await client.schedule.getHandle(id).delete();
    await waitUntil('the list is empty', async () => (await listIds()).length === 0);
  });

  const listIds = async () => {
    const ids: string[] = [];
    for await (const { scheduleId } of client.schedule.list()) ids.push(scheduleId);
    return ids;
  };
  /** The list lags behind what was created. */
  const isListed = (name: string) =>
    waitUntil(`${name} is listed`, async () => (await listIds()).includes(`temponest-backups/${name}`));

  const declare = (schedules: object) =>
    writeFile(
      configurationFile,
      stringify({
        staging: { directory: '/staging' },
        servers: [{ name: 'main', host: 'localhost', user: 'backup' }],
        encryption: { method: 'none' },
        // What is changed is written down there.
        stores: [{ url: pathToFileURL(dirname(configurationFile)).href }],
        schedules,
      }),
    );
  const cli = (...args: string[]) =>
    runCli(args, { TEMPORAL_ADDRESS: temporal.address, TEMPONEST_BACKUPS_CONFIG: configurationFile });
  const apply = async (...args: string[]) => {
    const outcome = await cli('schedules', 'apply', ...args);
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
    return outcome.stdout;
  };
  const find = (name: string): Promise<ScheduleDescription> =>
    client.schedule.getHandle(`temponest-backups/${name}`).describe();
  const isGone = async (name: string) =>
    find(name).then(
      () => false,
      (error: unknown) => error instanceof ScheduleNotFoundError,
    );
  test('what is declared is created so that it cannot wedge', async () => {
    await declare({ nightly: { hour: 2 }, prune: { hour: [3, 15], timezone: 'Europe/Berlin' } });
    const shown = await apply('--dry-run');
    expect(shown).toContain('+ nightly: created');
    expect(shown).toContain('minute 0, hour 3,15');
    expect(await isGone('nightly')).toBe(true);

    await apply();
    expect(await find('nightly')).toMatchObject({
      spec: { timezone: expect.stringMatching(/^(UTC)?$/) as string },
      action: {
        workflowType: 'backupDatabases',
        workflowId: 'temponest-backups/nightly',
        taskQueue: 'temponest-backups',
        args: [{ server: 'main' }],
        workflowExecutionTimeout: 20 * 3_600_000,
      },
      policies: { overlap: 'SKIP', catchupWindow: 12 * 3_600_000, pauseOnFailure: false },
    });
    const { info } = await find('nightly');
    expect(info.nextActionTimes[0]!.toISOString()).toMatch(/T02:00:00\.000Z$/);
  });

  test('applied again it changes nothing', async () => {
    await declare({ nightly: { hour: 2 }, prune: { dayOfMonth: 1, month: ['MAY'], dayOfWeek: 'SUNDAY' } });
    await apply();
    expect(await apply()).toMatch(/= nightly: unchanged\n= prune: unchanged\nNothing to change\.$/);
    expect((await find('nightly')).info.lastUpdatedAt).toBeUndefined();
    expect((await find('prune')).info.lastUpdatedAt).toBeUndefined();
  });

  test('what changes in backups.yaml changes in Temporal, and is shown', async () => {
    await declare({ nightly: { hour: 2 } });
    await apply();
    await declare({ nightly: { hour: 4, minute: 30 } });
    expect(await apply()).toContain('times: minute 0, hour 2 -> minute 30, hour 4');
    const { info } = await find('nightly');
    expect(info.nextActionTimes[0]!.toISOString()).toMatch(/T04:30:00\.000Z$/);
    expect(await apply()).toContain('Nothing to change.');
  });

  test('what somebody changed in Temporal is put right, but a pause and its note stay', async () => {
    await declare({ nightly: { hour: 2 } });
    await apply();
    const handle = client.schedule.getHandle('temponest-backups/nightly');
    await handle.update((schedule) => ({
      ...schedule,
      spec: {
        calendars: [{ hour: { start: 2, end: 5 } }],
        intervals: [{ every: '1 day' }],
        jitter: '1 minute',
      },
      policies: { overlap: 'ALLOW_ALL', catchupWindow: '1 minute', pauseOnFailure: true },
      action: { ...schedule.action, args: [{}], workflowExecutionTimeout: '1 minute' },
      state: { ...schedule.state, remainingActions: 1 },
    }));
    await handle.pause('while the server moves');
    await waitUntil('it is paused', async () => (await handle.describe()).state.paused);

    const shown = await apply();
    expect(shown).toContain('times: minute 0, hour 2,3,4,5 -> minute 0, hour 2');
    for (const field of ['other times', 'argument', 'execution timeout', 'overlap', 'catch-up window'])
      expect(shown).toContain(`\n    ${field}: `);
    for (const field of ['pause on failure: true -> false', 'remaining runs: 1 -> unlimited'])
      expect(shown).toContain(field);
    const schedule = await handle.describe();
    expect(schedule).toMatchObject({
      spec: { intervals: [] },
      action: { args: [{ server: 'main' }], workflowExecutionTimeout: 20 * 3_600_000 },
      policies: { overlap: 'SKIP', catchupWindow: 12 * 3_600_000, pauseOnFailure: false },
      state: { paused: true, note: 'while the server moves' },
      memo: { managedBy: 'temponest-backups schedules apply' },
    });
    expect(schedule.state.remainingActions).toBeUndefined();
    expect(await apply()).toContain('= nightly: unchanged (paused, and stays so)\nNothing to change.');
  });

  test('only its own schedules are removed', async () => {
    await client.schedule.create({
      scheduleId: 'temponest-backups/somebody-elses',
      spec: {},
      action: { type: 'startWorkflow', workflowType: 'other', taskQueue: 'other' },
    });
    await declare({ nightly: { hour: 2 }, prune: { hour: 3 } });
    await apply();
    await isListed('prune');
    await isListed('somebody-elses');

    await declare({ nightly: { hour: 2 } });
    const shown = await apply();
    expect(shown).toContain('- prune: removed');
    expect(shown).toContain('temponest-backups/somebody-elses: left alone');
    expect(await isGone('prune')).toBe(true);
    expect(await isGone('nightly')).toBe(false);
    expect(await isGone('somebody-elses')).toBe(false);
  });

  test('a name that somebody else has taken is refused before anything changes', async () => {
    await client.schedule.create({
      scheduleId: 'temponest-backups/prune',
      spec: {},
      action: { type: 'startWorkflow', workflowType: 'other', taskQueue: 'other' },
    });
    await declare({ nightly: { hour: 2 }, prune: { hour: 3 } });
    const { exitCode, stderr } = await cli('schedules', 'apply');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^Schedule temponest-backups\/prune exists and was not made by "schedules apply"; /,
    );
    expect(await isGone('nightly')).toBe(true);
    expect((await find('prune')).action.workflowType).toBe('other');
  });

  test('pause, list and resume', async () => {
    await declare({ nightly: { hour: 2 } });
    await apply();
    await isListed('nightly');
    expect(await cli('schedules', 'pause', 'nightly', '--note', 'moving')).toMatchObject({ exitCode: 0 });
    expect((await find('nightly')).state).toMatchObject({ paused: true, note: 'moving' });
    expect((await cli('schedules', 'list')).stdout).toContain('paused: moving');
    expect(JSON.parse((await cli('schedules', 'list', '--json')).stdout)).toMatchObject({
      schedules: [{ name: 'nightly', workflow: 'backupDatabases', paused: true, managed: true }],
    });
    expect(await cli('schedules', 'resume', 'nightly')).toMatchObject({ exitCode: 0 });
    expect((await find('nightly')).state.paused).toBe(false);

    const { exitCode, stderr } = await cli('schedules', 'pause', 'weekly');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^There is no schedule "weekly"; use one of: nightly/);
  });

  test('a trigger tells which run it started, and does not start a second one beside it', async () => {
    await declare({ nightly: { hour: 2 } });
    await apply();
    const trigger = () => cli('schedules', 'trigger', 'nightly', '--detach', '--json');
    const { workflowId } = JSON.parse((await trigger()).stdout) as { workflowId: string };
    // No worker runs here, so the run stays as it is.
    const run = await client.workflow.getHandle(workflowId).describe();
    expect(run).toMatchObject({ type: 'backupDatabases', status: { name: 'RUNNING' } });

    const second = await trigger();
    expect(second.exitCode).toBe(1);
    expect(JSON.parse(second.stdout)).toMatchObject({ error: { type: 'AlreadyRunning' } });
    expect(second.stderr).toContain(workflowId);
    await client.workflow.getHandle(workflowId).terminate();
  });
});
