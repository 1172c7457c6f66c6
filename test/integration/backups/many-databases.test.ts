import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { BackupsResult } from '../../../src/model/results.js';
import { seedManySmallDatabases } from '../../../tools/data/seed-many-small-databases.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { SERVER, startBackupSystem } from '../../support/backup-system.js';
import { listStore } from '../../support/whole-backup.js';
import { makeWrappedPrograms } from '../../support/wrapped-programs.js';

const DATABASES = 40;
const CONCURRENCY = 3;

/** Writes down when each pg_dump begins and ends. */
const noteBeginAndEnd = `
echo begin >> "$state/log"
"$real" "$@"
code=$?
echo end >> "$state/log"
exit $code`;

/** The most that were between begin and end at the same time. */
function countAtOnce(log: string): number {
  let now = 0;
  let most = 0;
  for (const line of log.trim().split('\n')) most = Math.max(most, (now += line === 'begin' ? 1 : -1));
  return most;
}

test(`${DATABASES} databases in one run: as many at once as configured, and a small history`, async () => {
  await using postgres = await startPostgres();
  const databases = await seedManySmallDatabases(postgres, DATABASES);
  await using programs = await makeWrappedPrograms();
  await programs.wrap({ name: 'pg_dump', from: postgres.binDirectory, script: noteBeginAndEnd });
  await using system = await startBackupSystem({
    databases,
    postgres,
    programDirectories: [programs.directory],
    server: { concurrency: CONCURRENCY },
  });
  const run = await system.client.workflow.start('backupDatabases', {
    taskQueue: MAIN_QUEUE,
    workflowId: 'many',
    args: [{ server: SERVER }],
  });
  const { backups } = (await run.result()) as BackupsResult;
  expect(backups.filter(({ outcome }) => outcome !== 'committed')).toEqual([]);
  expect(backups.map(({ database }) => database).sort()).toEqual(databases);
  const { objects } = await listStore(system.store);
  expect(objects).toHaveLength(2 * DATABASES);

  const log = await readFile(join(programs.directory, 'pg_dump.state', 'log'), 'utf8');
  expect(log.match(/begin/g)).toHaveLength(DATABASES);
  expect(countAtOnce(log)).toBe(CONCURRENCY);

  // Temporal warns at 10,240 events and 10 MB, and ends a workflow at five times that: a thousand databases fit.
  const { historyLength = 0, historySize = 0 } = await run.describe();
  expect((historyLength / DATABASES) * 1000).toBeLessThan(20_000);
  expect((historySize / DATABASES) * 1000).toBeLessThan(10_000_000);
});
