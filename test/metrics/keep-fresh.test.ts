import { Registry } from 'prom-client';
import { expect, it, onTestFinished } from 'vitest';
import { keepFresh } from '../../src/metrics/keep-fresh.js';
import { addGauge, type MetricsPart } from '../../src/metrics/part.js';
import { parseSamples, valueOf } from '../support/scrape.js';
import { waitUntil } from '../support/wait-until.js';

/** A part whose one gauge counts its refreshes, and that fails while it is told to. */
function countingPart(name: string, state: { fails: boolean; refreshes: number }): MetricsPart {
  const registry = new Registry();
  const gauge = addGauge(registry, name, 'Refreshes', ['a']);
  return {
    name,
    registry,
    refresh: () => {
      state.refreshes += 1;
      if (state.fails) return Promise.reject(new Error('The store is down.'));
      gauge.replace([[{ a: 'x"y\\z' }, state.refreshes]]);
      return Promise.resolve();
    },
  };
}

function start(parts: MetricsPart[]) {
  const said: string[] = [];
  const log = (facts: unknown, message?: string) => void said.push(`${JSON.stringify(facts)} ${message}`);
  const metrics = keepFresh(parts, { warn: log, info: log }, 5);
  onTestFinished(() => metrics.stop());
  const read = (name: string, labels?: Record<string, string>) =>
    valueOf(parseSamples(metrics.render()), name, labels);
  return { metrics, said, read };
}

it('keeps the values of a part that fails, says since when they are old, and goes on with the others', async () => {
  const [good, bad] = [
    { fails: false, refreshes: 0 },
    { fails: false, refreshes: 0 },
  ];
  const { said, read } = start([countingPart('good', good), countingPart('bad', bad)]);
  await waitUntil('both are told', () => read('good') && read('bad', { a: 'x"y\\z' }));
  bad.fails = true;
  const failedAt = bad.refreshes;
  await waitUntil('it has failed more than once', () => bad.refreshes > failedAt + 2);
  const [value, refreshed] = [read('bad'), read('backup_metrics_refreshed_timestamp', { part: 'bad' })];
  const goods = read('good')!;
  await waitUntil('the other part goes on', () => read('good')! > goods + 2);
  expect(read('bad')).toBe(value);
  expect(read('backup_metrics_refreshed_timestamp', { part: 'bad' })).toBe(refreshed);
  expect(said).toEqual(['{"part":"bad","error":"The store is down."} metrics cannot be brought up to date']);
  bad.fails = false;
  await waitUntil('it is told again', () => read('bad')! > value!);
  expect(said).toHaveLength(2);
});

it('says of a part that was never up to date that it is so since 1970, and tells nothing of it', async () => {
  const state = { fails: true, refreshes: 0 };
  const { read } = start([countingPart('bad', state)]);
  await waitUntil('it has failed', () => state.refreshes > 1);
  expect(read('backup_metrics_refreshed_timestamp', { part: 'bad' })).toBe(0);
  expect(read('bad')).toBeUndefined();
});

it('stops a refresh that is going on', async () => {
  let reason: unknown;
  const part: MetricsPart = {
    name: 'slow',
    registry: new Registry(),
    refresh: (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(new Error('aborted'));
        });
      }),
  };
  const { metrics, said } = start([part]);
  await waitUntil('it has begun', () => metrics.render() !== '');
  await metrics.stop();
  expect(reason).toBeDefined();
  expect(said).toEqual([]);
});
