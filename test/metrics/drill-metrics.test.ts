import { expect, it } from 'vitest';
import { drillMetrics } from '../../src/metrics/drill-metrics.js';
import { createDrillReader } from '../../src/metrics/read-drills.js';
import { drillReportKey } from '../../src/model/keys.js';
import { makeBackupId } from '../../src/model/names.js';
import { CountingStore } from '../support/counting-store.js';
import { sampleDrilled, sampleDrillReport } from '../support/sample-drill-report.js';
import { subjectOf } from '../support/seed-backup.js';
import { parseSamples, valueOf } from '../support/scrape.js';

const signal = new AbortController().signal;
const app = subjectOf('prod', 'app');
const backup = makeBackupId('app', new Date('2026-05-31T02:00:00Z'));
const labels = { server: 'prod', drill: 'restore', store: 'primary' };

function seedDrill(store: CountingStore, time: string, verdict: 'proven' | 'failed'): number {
  const report = sampleDrillReport('prod', new Date(time), [sampleDrilled(app, backup, verdict)]);
  store.seed(drillReportKey('prod', report.id, 'json'), JSON.stringify(report));
  return new Date(report.finishedAt).getTime() / 1000;
}

it('tells what drills have proven, and takes back what was found bad since', async () => {
  const store = new CountingStore();
  const part = drillMetrics(['prod'], createDrillReader(store));
  const read = async (name: string, wanted: Record<string, string> = labels) => {
    await part.refresh(signal);
    return valueOf(parseSamples(await part.registry.metrics()), name, wanted);
  };
  const ofApp = { server: 'prod', database: 'app', kind: 'database' };
  expect(await read('backup_proven_timestamp', ofApp)).toBeUndefined();

  const good = seedDrill(store, '2026-06-01T04:00:00Z', 'proven');
  expect(await read('backup_proven_timestamp', ofApp)).toBe(good);
  expect(await read('restore_drill_last_success_timestamp')).toBe(good);
  expect(await read('restore_drill_last_run_timestamp')).toBe(good);
  expect(await read('restore_drill_rto_seconds')).toBeGreaterThan(0);

  const bad = seedDrill(store, '2026-07-01T04:00:00Z', 'failed');
  store.seed(drillReportKey('prod', makeBackupId('drill', new Date('2026-07-02T04:00:00Z')), 'json'), '{');
  const readsBefore = store.reads;
  expect(await read('backup_proven_timestamp', ofApp)).toBeUndefined();
  expect(store.reads).toBe(readsBefore + 2);
  expect(await read('restore_drill_last_success_timestamp')).toBe(good);
  expect(await read('restore_drill_last_run_timestamp')).toBe(bad);
  expect(await read('restore_drill_unreadable_reports', { server: 'prod' })).toBe(1);
});
