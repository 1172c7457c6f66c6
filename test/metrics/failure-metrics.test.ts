import { expect, it } from 'vitest';
import { failureMetrics } from '../../src/metrics/failure-metrics.js';
import type { FailedRun } from '../../src/metrics/read-failures.js';
import { operationId } from '../../src/model/queues.js';
import { globalsOf, subjectOf } from '../support/seed-backup.js';
import { parseSamples, valueOf } from '../support/scrape.js';

const signal = new AbortController().signal;
const app = subjectOf('prod', 'app');

it('counts failed runs from zero, under the labels of what is configured alone', async () => {
  let runs: FailedRun[] = [];
  const part = failureMetrics(
    ['prod'],
    () => [app, globalsOf('prod')],
    () => Promise.resolve(runs),
  );
  const samples = async () => parseSamples(await part.registry.metrics());
  await part.refresh(signal);
  const before = await samples();
  const ofApp = { workflow: 'backupDatabase', server: 'prod', database: 'app' };
  expect(valueOf(before, 'backup_failures_total', ofApp)).toBe(0);
  expect(before.every(({ value }) => value === 0)).toBe(true);

  const run = (workflowType: string, workflowId: string, server?: string): FailedRun => ({
    ...{ workflowType, workflowId, runId: workflowId },
    ...(server === undefined ? {} : { server }),
  });
  runs = [
    run('backupDatabase', operationId(app)),
    run('backupGlobals', operationId(globalsOf('prod'))),
    run('backupDatabases', 'temponest-backups/nightly-2026-06-01'),
    run('drillRestore', 'by-hand', 'prod'),
    // Somebody plays.
    run('backupDatabase', 'x1', 'made-up'),
    run('madeUp', 'x2'),
  ];
  await part.refresh(signal);
  const after = await samples();
  const counted = after.filter(({ value }) => value > 0);
  expect(counted.map(({ labels, value }) => [...Object.values(labels), value])).toEqual(
    expect.arrayContaining([
      ['backupDatabase', 'prod', 'app', 1],
      ['backupGlobals', 'prod', 'globals', 1],
      ['backupDatabases', '', '', 1],
      ['drillRestore', 'prod', '', 1],
      ['backupDatabase', '', '', 1],
    ]),
  );
  expect(counted).toHaveLength(5);
  expect(after).toHaveLength(before.length);
});
