import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { subjectName } from '../model/keys.js';
import type { BackupOutcome, BackupResult, BackupsResult } from '../model/results.js';
import { redact } from '../observability/redaction.js';
import type { ExitCode } from './context.js';
import { formatBytes, print, printJson, renderTable } from './output.js';

/** The result that a run over several databases carries even when some of them failed. */
export function resultInFailure(error: unknown): BackupsResult | undefined {
  if (!(error instanceof WorkflowFailedError)) return undefined;
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure) || !['BackupsFailed', 'Stalled'].includes(cause.type ?? ''))
    return undefined;
  return cause.details?.[0] as BackupsResult | undefined;
}

/** One backup's result in the shape of a run's. */
export function asRunResult(result: BackupResult): BackupsResult {
  const { server, database, backupId, bytes, dumpBytes, secondsPerStep, lagging } = result;
  const seconds = Object.values(secondsPerStep).reduce((sum, step) => sum + step, 0);
  return {
    server,
    backups: [
      {
        ...(database === undefined ? {} : { database }),
        ...{ outcome: 'committed', backupId, bytes, dumpBytes, seconds },
      },
    ],
    ...(lagging ? { lagging } : {}),
  };
}

function describeRow(backup: BackupOutcome): string[] {
  const start = [subjectName(backup), backup.outcome];
  const seconds = backup.seconds.toFixed(1);
  return backup.outcome === 'committed'
    ? [...start, backup.backupId, formatBytes(backup.dumpBytes), formatBytes(backup.bytes), seconds]
    : [...start, '', '', '', seconds];
}

/** Prints what became of each database, and answers with the exit code. */
export function reportBackups(result: BackupsResult, { json }: { json: boolean }): ExitCode {
  const { server, backups, lagging = [], pruned, pruneFailure } = result;
  const failed = backups.flatMap((backup) => (backup.outcome === 'committed' ? [] : [backup]));
  if (json) printJson(result);
  else {
    print(
      renderTable(
        ['DATABASE', 'OUTCOME', 'BACKUP', '>DUMP', '>STORED', '>SECONDS'],
        backups.map(describeRow),
      ),
    );
    print('');
    for (const backup of failed) print(`${subjectName(backup)}: ${redact(backup.message)}`);
    for (const { store, message } of lagging) print(`Store ${store} lags: ${redact(message)}`);
    if (pruneFailure !== undefined) print(`Pruning failed: ${redact(pruneFailure)}`);
    if (pruned) print(`Pruned: ${pruned.deleted} deleted, ${pruned.kept} kept.`);
    print(`${backups.length - failed.length} of ${backups.length} backups of server ${server} committed.`);
  }
  return failed.length > 0 || pruneFailure !== undefined ? 1 : 0;
}
