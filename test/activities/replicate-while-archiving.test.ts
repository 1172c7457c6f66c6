import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { INTERVAL, replicateWhileArchiving } from '../../src/activities/replicate-while-archiving.js';
import { MemoryStore } from '../support/memory-store.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An archiver with two replicas, and what was asked of Temporal for it. */
function archive() {
  const asked: string[] = [];
  const state = { segments: 0, isDown: false };
  const signalWithStart = (_type: string, { workflowId }: { workflowId: string }) => {
    if (state.isDown) return Promise.reject(new Error('unavailable'));
    asked.push(workflowId);
    return Promise.resolve();
  };
  const end = replicateWhileArchiving(
    {
      stores: [new MemoryStore('primary'), new MemoryStore('near'), new MemoryStore('far')],
      temporal: { workflow: { signalWithStart } } as unknown as Client,
      logger: pino({ level: 'silent' }),
    },
    'prod',
    () => state.segments,
  );
  const pass = (intervals: number) => vi.advanceTimersByTimeAsync(intervals * INTERVAL);
  return { asked, state, pass, end };
}

const all = ['near', 'far'].map((store) => `temponest-backups/prod/replicate/${store}`);

it('has WAL copied to each replica when some was archived, and not without need', async () => {
  const { asked, state, pass, end } = archive();
  await pass(1);
  expect(asked.splice(0)).toEqual(all);
  await pass(5);
  expect(asked).toEqual([]);
  state.segments = 3;
  await pass(5);
  expect(asked.splice(0)).toEqual(all);
  end();
  state.segments = 4;
  await pass(5);
  expect(asked).toEqual([]);
});

it('asks again when Temporal could not be reached', async () => {
  const { asked, state, pass, end } = archive();
  state.isDown = true;
  await pass(3);
  state.isDown = false;
  await pass(1);
  expect(asked).toEqual(all);
  end();
});
