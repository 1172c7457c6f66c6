import { subjectName } from '../model/keys.js';
import type { PruneResult, RetentionDecision } from '../model/results.js';
import type { ExitCode } from './context.js';
import { count, print, printJson, renderTable } from './output.js';

/** Retention's decisions as a table. */
export function renderDecisions(decisions: readonly RetentionDecision[]): string {
  return renderTable(
    ['DATABASE', 'BACKUP', 'DECISION', 'RULES'],
    decisions.map((decision) => [
      decision.kind === 'base' ? 'whole server' : subjectName(decision),
      decision.backupId,
      decision.keep ? 'keep' : 'delete',
      decision.rules.join(', '),
    ]),
  );
}

/** Prints what a prune did. */
export function reportPrune(result: PruneResult, { json }: { json: boolean }): ExitCode {
  if (json) printJson(result);
  else {
    const { server, deleted, kept, orphansSwept, walDeleted } = result;
    print(
      `Server ${server}: ${count(deleted, 'backup')} deleted, ${kept} kept, ${count(orphansSwept, 'leftover')} swept, ${count(walDeleted, 'WAL object')} deleted.`,
    );
  }
  return 0;
}
