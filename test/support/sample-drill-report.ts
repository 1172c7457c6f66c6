import {
  DRILL_REPORT_FORMAT,
  type DrilledBackup,
  type DrillReport,
  type DrillVerdict,
} from '../../src/model/drill.js';
import type { BackupSubject } from '../../src/model/keys.js';
import { makeBackupId, parseBackupId } from '../../src/model/names.js';

/** What a believable drill says of a backup. */
export function sampleDrilled(
  subject: BackupSubject,
  backupId: string,
  verdict: DrillVerdict = 'proven',
): DrilledBackup {
  const rung = (name: DrilledBackup['rungs'][number]['rung'], seconds: number) => ({
    rung: name,
    outcome: 'passed' as const,
    seconds,
    said: [],
  });
  const facts = {
    backupId,
    snapshotTime: parseBackupId(backupId)!.time.toISOString(),
    ...{ bytes: 4096, dumpBytes: 93_500, tables: 2, rows: 412 },
  };
  const start = [rung('artifact', 2), rung('unpack', 3)];
  if (verdict !== 'proven') {
    const outcome = verdict;
    const said = [`What came of "${backupId}" is ${verdict}.`];
    const rungs = [...start, { rung: 'restore' as const, outcome, seconds: 7, said }];
    return {
      ...(subject.kind === 'database' && { database: subject.database }),
      ...{ ...facts, verdict, rungs },
    };
  }
  return subject.kind === 'globals'
    ? { ...facts, dumpBytes: 0, tables: 0, rows: 0, verdict, rungs: [...start, rung('globals', 5)] }
    : {
        database: subject.database,
        ...{ ...facts, verdict },
        rungs: [
          ...start,
          ...[rung('restore', 7), rung('inventory', 11), rung('amcheck', 13)],
          { rung: 'checks', outcome: 'notChecked', seconds: 0, said: ['No checks are configured for it.'] },
        ],
      };
}

/** A believable report of a drill that began at `time` and took an hour. */
export function sampleDrillReport(server: string, time: Date, backups: DrilledBackup[]): DrillReport {
  return {
    format: DRILL_REPORT_FORMAT,
    id: makeBackupId('drill', time),
    server,
    store: 'primary',
    startedAt: time.toISOString(),
    finishedAt: new Date(time.getTime() + 3_600_000).toISOString(),
    major: 16,
    bootSeconds: 1.5,
    backups,
    rtoSeconds: 100,
    rpoSeconds: 7200,
    workflowId: 'drill-monthly',
    runId: '0196a1b2-0000-7000-8000-000000000000',
  };
}
