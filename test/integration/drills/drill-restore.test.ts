import { randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DrillResult } from '../../../src/model/drill.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { findProcesses } from '../../support/our-processes.js';
import { failureOf } from '../../support/workflow-failure.js';

let system: BackupSystem;
beforeAll(async () => {
  system = await startBackupSystem({
    databases: ['shop', 'empty'],
    encryption: 'gpg',
    server: { globals: true, checks: { shop: ['SELECT count(*) > 900 FROM orders'] } },
  });
  await system.postgres.query(
    'shop',
    `CREATE TABLE orders (id serial PRIMARY KEY, what text NOT NULL);
     INSERT INTO orders (what) SELECT 'thing ' || n FROM generate_series(1, 1000) n`,
  );
  await system.backUp();
});
afterAll(() => system[Symbol.asyncDispose]());

const drill = () =>
  system.client.workflow.start<() => Promise<DrillResult>>('drillRestore', {
    taskQueue: MAIN_QUEUE,
    workflowId: `drill-${randomUUID()}`,
    args: [{}] as never,
  });

async function expectNothingLeft() {
  expect(await system.listStaging()).toEqual([]);
  expect(await findProcesses(system.scratch)).toMatchObject([{ pid: system.worker.pid }]);
}

test('a drill proves every backup, and its report says so', async () => {
  const result = await (await drill()).result();
  expect(result).toMatchObject({ proven: 3, failed: 0, notProvable: 0 });
  const report = await system.store.getDocument(result.reportKey, new AbortController().signal);
  expect(JSON.parse(report!.toString())).toMatchObject({
    id: result.drillId,
    backups: [
      { verdict: 'proven', rungs: [{ rung: 'artifact' }, { rung: 'unpack' }, { rung: 'globals' }] },
      { database: 'shop', verdict: 'proven', rows: 1000 },
      { database: 'empty', verdict: 'proven' },
    ],
  });
  await expectNothingLeft();
});

test('a damaged artifact is found, named, and does not keep the others from being proven', async () => {
  const directory = join(system.scratch, 'store', 'postgres', 'main', 'shop');
  const file = join(
    directory,
    (await readdir(directory)).find((name) => name.endsWith('.gpg'))!,
  );
  const bytes = await readFile(file);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  await writeFile(file, bytes);

  const failure = await failureOf(await drill());
  expect(failure).toMatchObject({
    type: 'DrillFailed',
    message: expect.stringMatching(/^1 of 3 backups are not proven \(shop: .*other content/) as string,
    details: [{ proven: 2, failed: 1 }],
  });
  await expectNothingLeft();
});
