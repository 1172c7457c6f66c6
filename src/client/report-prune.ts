import { subjectName } from '../model/keys.js';
import type { PruneResult, RetentionDecision } from '../model/results.js';
import { redact } from '../observability/redaction.js';
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

const summarize = ({
  deleted,
  kept,
  orphansSwept,
  walDeleted,
}: Pick<PruneResult, 'deleted' | 'kept' | 'orphansSwept' | 'walDeleted'>) =>
  `${count(deleted, 'backup')} deleted, ${kept} kept, ${count(orphansSwept, 'leftover')} swept, ${count(walDeleted, 'WAL object')} deleted.`;

/** Prints what a prune did. */
export function reportPrune(result: PruneResult, { json }: { json: boolean }): ExitCode {
  if (json) printJson(result);
  else {
    const { server, replicas = [] } = result;
    print(`Server ${server}: ${summarize(result)}`);
    for (const replica of replicas)
      print(
        'failure' in replica
          ? `Store ${replica.store} was not pruned: ${redact(replica.failure)}`
          : `Store ${replica.store}: ${summarize(replica)}`,
      );
  }
  return 0;
}
