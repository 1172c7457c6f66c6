import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { replicaMetrics, type ReplicatedServer } from '../../src/metrics/replica-metrics.js';
import { OperationError } from '../../src/model/failures.js';
import type { ReplicaLag } from '../../src/replication/measure-lag.js';
import { parseSamples, valueOf } from '../support/scrape.js';

const { signal } = new AbortController();
const start = new Date('2026-06-01T04:00:00Z');
const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: start, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

/** A replica of which a test decides what is found, which is nothing while it is down. */
function replica(store: string, found?: Omit<ReplicaLag, 'store'>) {
  const state = { found };
  const server: ReplicatedServer = {
    ...{ server: 'main', store },
    measure: () =>
      state.found
        ? Promise.resolve({ store, ...state.found })
        : Promise.reject(new OperationError('StoreUnreachable', 'the store is gone; look for it.')),
  };
  return { server, state };
}

const behind = { objects: 2, bytes: 900, since: new Date(start.getTime() - HOUR), different: ['a', 'b'] };

it('tells of the other replicas, and since when one that it never reached may lack something', async () => {
  const [far, near] = [replica('far'), replica('near', behind)];
  const part = replicaMetrics([far.server, near.server]);
  const read = async (hours: number) => {
    vi.setSystemTime(start.getTime() + hours * HOUR);
    await part.refresh(signal);
    const samples = parseSamples(await part.registry.metrics());
    return (store: string) =>
      ['lag_seconds', 'lag_bytes', 'different_objects'].map((name) =>
        valueOf(samples, `backup_replica_${name}`, { server: 'main', store }),
      );
  };
  const first = await read(2);
  expect(first('near')).toEqual([3 * 3600, 900, 2]);
  expect(first('far')).toEqual([2 * 3600, undefined, undefined]);

  // Now it is the other way round.
  far.state.found = { objects: 0, bytes: 0, different: [] };
  near.state.found = undefined;
  const second = await read(4);
  expect(second('near')).toEqual([5 * 3600, 900, 2]);
  expect(second('far')).toEqual([0, 0, 0]);

  far.state.found = undefined;
  expect((await read(5))('far')).toEqual([3600, 0, 0]);
});
