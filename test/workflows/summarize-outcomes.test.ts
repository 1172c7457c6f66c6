import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BackupOutcome } from '../../src/model/results.js';
import { summarizeOutcomes } from '../../src/workflows/summarize-outcomes.js';

const committed = (database?: string): BackupOutcome => ({
  ...(database === undefined ? {} : { database }),
  outcome: 'committed',
  backupId: `${database ?? 'globals'}_20260503_020000`,
  bytes: 1,
  dumpBytes: 2,
  seconds: 3,
});
const failed = (database: string, message = 'it broke'): BackupOutcome => ({
  database,
  outcome: 'failed',
  type: 'LockTimeout',
  message,
  seconds: 1,
});

it('of a run in which all went well names each backup and no failure', () => {
  expect(summarizeOutcomes({ server: 'main', backups: [committed(), committed('a')] })).toEqual({
    title: '2 of 2 backups of server main committed',
    lines: ['globals: globals_20260503_020000', 'a: a_20260503_020000'],
  });
});

it('spells out what failed', () => {
  const summary = summarizeOutcomes({
    server: 'main',
    backups: [committed('a'), failed('b')],
    pruneFailure: 'denied',
  });
  expect(summary.failure).toBe(
    '1 of 2 backups of server main committed\nb: LockTimeout: it broke\npruning: denied',
  );
});

it('counts those it does not spell out', () => {
  const backups = Array.from({ length: 8 }, (_, index) => failed(`d${index}`));
  const { failure } = summarizeOutcomes({ server: 'main', backups });
  expect(failure!.split('\n')).toEqual([
    '0 of 8 backups of server main committed',
    ...[0, 1, 2, 3, 4].map((index) => `d${index}: LockTimeout: it broke`),
    'and 3 more, see the details',
  ]);
});

it('fails exactly when anything did, and stays below what Temporal stores of a failure', () => {
  const outcome = fc.oneof(
    fc.string().map(committed),
    fc
      .tuple(fc.string(), fc.string({ maxLength: 3000 }))
      .map(([database, message]) => failed(database, message)),
  );
  fc.assert(
    fc.property(fc.array(outcome), fc.option(fc.string(), { nil: undefined }), (backups, pruneFailure) => {
      const { failure } = summarizeOutcomes({
        server: 'main',
        backups,
        ...(pruneFailure === undefined ? {} : { pruneFailure }),
      });
      const anyFailed = pruneFailure !== undefined || backups.some((backup) => backup.outcome === 'failed');
      expect(failure !== undefined).toBe(anyFailed);
      expect((failure ?? '').length).toBeLessThanOrEqual(3000);
    }),
  );
});
