import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import type { DrillResult } from '../model/drill.js';
import { subjectName } from '../model/keys.js';
import { redact } from '../observability/redaction.js';
import type { ExitCode } from './context.js';
import { count, formatAge, print, printJson, renderTable } from './output.js';

/** The result that a drill carries even when it did not prove everything. */
export function drillInFailure(error: unknown): DrillResult | undefined {
  if (!(error instanceof WorkflowFailedError)) return undefined;
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure) || cause.type !== 'DrillFailed') return undefined;
  return cause.details?.[0] as DrillResult;
}

const verdicts = { proven: 'proven', failed: 'NOT PROVEN', notProvable: 'could not be proven here' } as const;

/** Prints what a drill found out, and answers with the exit code. */
export function reportDrill(result: DrillResult, { json }: { json: boolean }): ExitCode {
  const { server, backups, proven, failed, notProvable, rtoSeconds, rpoSeconds, reportKey, store } = result;
  if (json) printJson(result);
  else {
    print(
      renderTable(
        ['DATABASE', 'VERDICT', 'BACKUP', '>SECONDS'],
        backups.map((backup) => [
          subjectName(backup),
          verdicts[backup.verdict],
          backup.backupId ?? '',
          backup.seconds.toFixed(1),
        ]),
      ),
    );
    print('');
    for (const backup of backups)
      if (backup.why !== undefined) print(`${subjectName(backup)}: ${redact(backup.why)}`);
    print(
      `${proven} of ${count(proven + failed + notProvable, 'backup')} of server ${server} in store ${store} proven.`,
    );
    print(
      `To have everything back takes ${rtoSeconds.toFixed(0)} s here (RTO)` +
        `${rpoSeconds === undefined ? '' : `; the oldest of them is ${formatAge(rpoSeconds)} old (RPO)`}.`,
    );
    print(`Report: ${reportKey} in the primary store, and ${reportKey.replace(/json$/, 'md')} for people.`);
  }
  return failed + notProvable > 0 ? 1 : 0;
}
