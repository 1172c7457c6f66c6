import { describe, expect, it } from 'vitest';
import {
  explainDrill,
  judgeFailure,
  measureRecovery,
  summarizeReport,
  verdictOf,
} from '../../src/model/drill-verdict.js';
import { drillResult, type DrillRung, type RungResult } from '../../src/model/drill.js';
import { makeBackupId } from '../../src/model/names.js';
import { sampleDrilled, sampleDrillReport } from '../support/sample-drill-report.js';
import { globalsOf, subjectOf } from '../support/seed-backup.js';

const time = new Date('2026-06-01T02:00:00Z');
const rung = (name: DrillRung, outcome: RungResult['outcome'] = 'passed'): RungResult => ({
  ...{ rung: name, outcome, seconds: 1, said: [] },
});

describe('a failure on a rung', () => {
  it.each([
    ['artifact', 'ArtifactDamaged'],
    ['artifact', 'BackupNotFound'],
    ['unpack', 'ArtifactDamaged'],
    ['unpack', 'ProgramFailed'],
    ['globals', 'ProgramFailed'],
    ['restore', 'ProgramFailed'],
    ['inventory', 'InventoryMismatch'],
    ['inventory', 'DumpImplausible'],
    ['amcheck', 'DrillFailed'],
    ['checks', 'DrillFailed'],
  ] as const)('%s, %s: speaks against the backup', (name, type) => {
    expect(judgeFailure(name, type)).toBe('failed');
  });

  it.each([
    ['artifact', 'StoreUnreachable'],
    ['artifact', 'StagingFull'],
    ['unpack', 'KeyUnusable'],
    ['unpack', 'ProgramMissing'],
    ['restore', 'TargetUnfit'],
    ['restore', 'ServerUnreachable'],
    ['inventory', 'Stalled'],
    ['inventory', 'ProgramFailed'],
    ['amcheck', 'ProgramFailed'],
    ['checks', 'Cancelled'],
    ['restore', 'Unexpected'],
  ] as const)('%s, %s: says nothing of the backup', (name, type) => {
    expect(judgeFailure(name, type)).toBe('notProvable');
  });
});

describe('a verdict', () => {
  it.each([
    ['proven', [rung('restore'), rung('inventory')]],
    ['proven', [rung('inventory'), rung('amcheck', 'notChecked'), rung('checks', 'notChecked')]],
    ['proven', [rung('artifact'), rung('unpack'), rung('globals')]],
    ['failed', [rung('inventory'), rung('amcheck', 'failed')]],
    ['failed', [rung('artifact', 'failed')]],
    ['notProvable', [rung('restore', 'notProvable')]],
    ['notProvable', [rung('inventory'), rung('amcheck', 'notProvable')]],
    ['notProvable', [rung('artifact'), rung('restore')]],
    ['notProvable', []],
  ] as const)('is %s', (verdict, rungs) => {
    expect(verdictOf(rungs)).toBe(verdict);
  });
});

it('measures what a recovery takes, without the checks, and what it loses at most', () => {
  const idOf = (name: string, hoursAgo: number) =>
    makeBackupId(name, new Date(time.getTime() - hoursAgo * 3_600_000));
  const backups = [
    sampleDrilled(globalsOf('prod'), idOf('globals', 50)),
    sampleDrilled(subjectOf('prod', 'app'), idOf('app', 2)),
    sampleDrilled(subjectOf('prod', 'other'), idOf('other', 3)),
    { database: 'none', verdict: 'failed' as const, rungs: [rung('artifact', 'failed')] },
  ];
  expect(measureRecovery({ startedAt: time.toISOString(), bootSeconds: 1.5 }, backups)).toEqual({
    rtoSeconds: 1.5 + (2 + 3 + 5) + (2 + 3 + 7) + (2 + 3 + 7) + 1,
    rpoSeconds: 3 * 3600,
  });
  expect(measureRecovery({ startedAt: time.toISOString(), bootSeconds: 1.5 }, [])).toEqual({
    rtoSeconds: 1.5,
  });
});

describe('the result of a drill', () => {
  const app = subjectOf('prod', 'app');
  const id = (name: string) => makeBackupId(name, time);

  it('names what is not proven first, and why', () => {
    const report = sampleDrillReport('prod', time, [
      sampleDrilled(globalsOf('prod'), id('globals')),
      sampleDrilled(app, id('app')),
      sampleDrilled(subjectOf('prod', 'bad'), id('bad'), 'failed'),
    ]);
    const result = summarizeReport(report, 'drills/prod/2026/x.json');
    expect(drillResult.parse(result)).toMatchObject({
      ...{ proven: 2, failed: 1, notProvable: 0, rtoSeconds: 100, rpoSeconds: 7200 },
      backups: [
        {
          database: 'bad',
          verdict: 'failed',
          why: 'What came of "bad_20260601_020000" is failed.',
          seconds: 12,
        },
        { backupId: 'globals_20260601_020000', verdict: 'proven', seconds: 10 },
        { database: 'app', verdict: 'proven', seconds: 36 },
      ],
    });
    expect(explainDrill(result)).toBe(
      '1 of 3 backups are not proven (bad: What came of "bad_20260601_020000" is failed.); see drills/prod/2026/x.json in the store.',
    );
  });

  it('has nothing to explain when all is proven', () => {
    const report = sampleDrillReport('prod', time, [sampleDrilled(app, id('app'))]);
    expect(explainDrill(summarizeReport(report, 'x'))).toBeUndefined();
  });

  it('stays small, however many databases there are and whatever is said of them', () => {
    const backups = Array.from({ length: 300 }, (_, index) => {
      const name = `${'database'.repeat(6)}${index}`;
      const drilled = sampleDrilled(subjectOf('prod', name), id(name), 'failed');
      drilled.rungs.at(-1)!.said = ['x'.repeat(5000)];
      return drilled;
    });
    const result = summarizeReport(sampleDrillReport('prod', time, backups), 'drills/prod/2026/x.json');
    expect(JSON.stringify(result).length).toBeLessThan(8192);
    expect(result.failed).toBe(300);
  });
});
