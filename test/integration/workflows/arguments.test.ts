import { expect, it } from 'vitest';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import { failureOf, makeSteps, notificationsOf, serve, useWorkflowTests } from './workflow-tests.js';

useWorkflowTests();

let run = 0;

it.each([
  ['backupDatabase', {}, /database: /],
  ['backupDatabase', { database: 7 }, /database: expected string/],
  ['backupDatabase', { database: 'a', databse: 'b' }, /databse: is not a field of it/],
  ['backupDatabase', 'agentic', /the whole: expected object/],
  ['backupDatabases', { databases: [] }, /databases: /],
  ['backupDatabases', { databases: ['a', ''] }, /databases\.1: /],
  ['backupDatabases', { server: 1 }, /server: expected string/],
  ['backupGlobals', { database: 'a' }, /database: is not a field of it/],
  ['pruneBackups', { dryRun: 'yes' }, /dryRun: expected boolean/],
])('%s with %j ends at once and names the field', async (type, argument, named) => {
  const made = makeSteps();
  const client = await serve(made);
  const options = { taskQueue: MAIN_QUEUE, workflowId: `wrong-${(run += 1)}`, args: [argument] };
  const ended = await failureOf(client.workflow.execute(type, options));
  expect(ended.type).toBe('InvalidArgument');
  expect(ended.message).toMatch(named);
  expect(ended.message).toContain(`The argument of ${type} is wrong`);
  await notificationsOf(made, options.workflowId);
  expect(made.calls.map(({ step }) => step)).toEqual(['listChannels', 'notify']);
});

it.each(['backupDatabases', 'backupGlobals', 'pruneBackups'])(
  '%s may be started without an argument',
  async (type) => {
    const made = makeSteps();
    const client = await serve(made);
    const options = { taskQueue: MAIN_QUEUE, workflowId: `bare-${(run += 1)}`, args: [] };
    expect(await client.workflow.execute(type, options)).toMatchObject({ server: 'main' });
  },
);
