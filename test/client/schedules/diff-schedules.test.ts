import { expect, test } from 'vitest';
import { diffSchedules } from '../../../src/client/schedules/diff-schedules.js';

const nightly = { times: 'minute 0, hour 2', overlap: 'SKIP' };

test('what is not there is created, with every fact', () => {
  expect(diffSchedules(new Map([['nightly', nightly]]), new Map())).toEqual([
    {
      name: 'nightly',
      change: 'created',
      paused: false,
      fields: [
        { field: 'times', old: '', new: 'minute 0, hour 2' },
        { field: 'overlap', old: '', new: 'SKIP' },
      ],
    },
  ]);
});

test('only what differs is listed, and a pause is no difference', () => {
  const existing = new Map([['nightly', { facts: { ...nightly, overlap: 'ALLOW_ALL' }, paused: true }]]);
  expect(diffSchedules(new Map([['nightly', nightly]]), existing)).toEqual([
    {
      name: 'nightly',
      change: 'changed',
      paused: true,
      fields: [{ field: 'overlap', old: 'ALLOW_ALL', new: 'SKIP' }],
    },
  ]);
});

test('equal facts change nothing, in whatever order they come', () => {
  const existing = new Map([
    ['nightly', { facts: { overlap: 'SKIP', times: 'minute 0, hour 2' }, paused: false }],
  ]);
  expect(diffSchedules(new Map([['nightly', nightly]]), existing)).toMatchObject([
    { change: 'unchanged', fields: [] },
  ]);
});

test('what is no longer declared is removed', () => {
  const existing = new Map([['old', { facts: nightly, paused: false }]]);
  expect(diffSchedules(new Map(), existing)).toEqual([
    { name: 'old', change: 'removed', fields: [], paused: false },
  ]);
});
