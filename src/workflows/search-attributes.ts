import { upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { BackupPlan } from '../model/plan.js';
import { searchAttributeKeys as keys } from '../model/search-attributes.js';

/** Shows what a run is of, in the list of workflows and, for servers that index nothing, in the memo. */
export function showSubject({ subject, id }: BackupPlan): void {
  const facts = {
    BackupServer: subject.server,
    BackupKind: subject.kind,
    BackupId: id,
    ...(subject.kind === 'database' ? { BackupDatabase: subject.database } : {}),
  };
  upsertMemo(facts);
  upsertSearchAttributes([
    { key: keys.BackupServer, value: facts.BackupServer },
    { key: keys.BackupKind, value: facts.BackupKind },
    { key: keys.BackupId, value: facts.BackupId },
    ...(facts.BackupDatabase === undefined
      ? []
      : [{ key: keys.BackupDatabase, value: facts.BackupDatabase }]),
  ]);
}

/** Shows how a run ended. */
export function showOutcome(outcome: string): void {
  upsertMemo({ BackupOutcome: outcome });
  upsertSearchAttributes([{ key: keys.BackupOutcome, value: outcome }]);
}
