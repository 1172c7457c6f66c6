import { expect, test } from 'vitest';
import { showAsLines } from '../../src/client/progress-lines.js';
import type { SubjectProgress } from '../../src/client/progress.js';

const running = (more: Partial<SubjectProgress> = {}): SubjectProgress => ({
  ...{ name: 'app', state: 'running', step: 'dump', bytesDone: 0, bytesExpected: 40_000_000 },
  ...more,
});

function recordLines(...snapshots: SubjectProgress[][]): string[] {
  const lines: string[] = [];
  const display = showAsLines((line) => lines.push(line));
  for (const subjects of snapshots) display.show({ step: 'backups', subjects });
  return lines;
}

test('a line comes when something changes, and only then', () => {
  expect(
    recordLines(
      [running({ state: 'waiting', step: 'waiting' })],
      [running()],
      [running()],
      [running({ step: 'compress', bytesDone: 12_000_000 })],
      [running({ state: 'committed', step: 'committed' })],
      [running({ state: 'committed', step: 'committed' })],
    ),
  ).toEqual(['app  dump 0 B/40 MB', 'app  compress 12 MB/40 MB', 'app  committed']);
});

test('within a step, bytes that move do not flood the log', () => {
  const moving = Array.from({ length: 100 }, (_, index) => [running({ bytesDone: index * 1000 })]);
  expect(recordLines(...moving)).toHaveLength(1);
});

test('why a step is tried again is said', () => {
  expect(
    recordLines([running({ bytesExpected: 0, trouble: 'attempt 2, after: connection refused' })]),
  ).toEqual(['app  dump (attempt 2, after: connection refused)']);
});
