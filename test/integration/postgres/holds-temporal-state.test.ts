import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { expect, test } from 'vitest';
import { holdsTemporalState } from '../../../src/postgres/holds-temporal-state.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startTemporal124 } from '../../../tools/servers/temporal-1-24.js';
import { waitUntil } from '../../support/wait-until.js';
import { connectionTo, signal } from './restored-database.js';

test('the databases in which a run’s own Temporal keeps it are known, and no others', async () => {
  await using postgres = await startPostgres();
  await using temporal = await startTemporal124({ postgres });
  const connection = await Connection.connect({ address: temporal.address });
  const { workflow } = new Client({ connection, namespace: temporal.namespace });
  const { firstExecutionRunId } = await workflow.start('nothing', {
    taskQueue: 'nobody',
    workflowId: 'asking',
  });
  await connection.close();
  // Somebody else's Temporal, or what looks like it.
  await postgres.query('postgres', 'CREATE DATABASE other');
  await postgres.query(
    'other',
    `CREATE TABLE executions (run_id bytea); INSERT INTO executions VALUES ('\\x00');
     CREATE TABLE executions_visibility (run_id char(64)); INSERT INTO executions_visibility VALUES ('another');
     CREATE SCHEMA agents; CREATE TABLE agents.executions (run_id bigint); INSERT INTO agents.executions VALUES (1);
     CREATE SCHEMA runs; CREATE TABLE runs.executions (run_id uuid); INSERT INTO runs.executions VALUES (gen_random_uuid());
     CREATE SCHEMA odd; CREATE VIEW odd.executions AS SELECT ''::text AS run_id`,
  );

  const isHeldBy = (database: string, runId: string) =>
    holdsTemporalState(connectionTo(postgres), database, runId, signal);
  expect(await isHeldBy('temporal', firstExecutionRunId)).toBe(true);
  await waitUntil('it is visible', () => isHeldBy('temporal_visibility', firstExecutionRunId));
  expect(await isHeldBy('other', firstExecutionRunId)).toBe(false);
  expect(await isHeldBy('postgres', firstExecutionRunId)).toBe(false);
  expect(await isHeldBy('temporal', randomUUID())).toBe(false);
  expect(await isHeldBy('temporal_visibility', randomUUID())).toBe(false);
});
