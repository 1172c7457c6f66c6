import { patched, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { AnyPlan } from '../activities/staged-backup.js';
import type { RecoveryPlan } from '../model/recovery.js';
import type { RestorePlan, RestoreResult } from '../model/restore.js';
import type { WalPlan } from '../model/wal-plan.js';
import { searchAttributeKeys as keys } from '../model/search-attributes.js';

/** Shows what a run is of, in the list of workflows and, for servers that index nothing, in the memo. */
export function showSubject({ subject, id }: Pick<AnyPlan, 'subject' | 'id'>): void {
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

/**
 * Shows what a run is of that covers a whole server, as {@link showSubject} does for a backup. A run that was begun by a
 * version without this goes on without it.
 */
export function showServer(facts: {
  BackupServer: string;
  BackupKind: 'databases' | 'prune' | 'verify' | 'drill' | 'disaster' | 'replicate';
  BackupId?: string;
}): void {
  if (!patched('show-server')) return;
  upsertMemo(facts);
  upsertSearchAttributes([
    { key: keys.BackupServer, value: facts.BackupServer },
    { key: keys.BackupKind, value: facts.BackupKind },
    ...(facts.BackupId === undefined ? [] : [{ key: keys.BackupId, value: facts.BackupId }]),
  ]);
}

/** Shows what a restore is of, as {@link showSubject} does for a backup. */
export function showRestore({ backup }: RestorePlan): void {
  showSubject({
    subject: { kind: 'database', server: backup.server, database: backup.database },
    id: backup.id,
  });
}

/** Shows whose WAL a run archives and, for those who need what it has received, how and by which worker. */
export function showWal(plan: WalPlan): void {
  upsertMemo({ BackupServer: plan.server, BackupKind: 'wal', WalPlan: plan });
  upsertSearchAttributes([
    { key: keys.BackupServer, value: plan.server },
    { key: keys.BackupKind, value: 'wal' },
  ]);
}

/** Shows what a recovery is of, as {@link showSubject} does for a backup. */
export function showRecovery({ server, systemIdentifier, id, outcome }: RecoveryPlan): void {
  const { kind } = outcome;
  const subject =
    kind === 'database'
      ? ({ kind, server, database: outcome.database } as const)
      : ({ kind: 'base', server, systemIdentifier } as const);
  showSubject({ subject, id });
}

/** Leaves in the memo how long a restore took, for the plan of the next one. */
export function showRestoreSeconds(secondsPerStep: RestoreResult['secondsPerStep']): void {
  upsertMemo({ RestoreSeconds: Object.values(secondsPerStep).reduce((sum, seconds) => sum + seconds, 0) });
}

/**
 * Shows how a run ended.
 *
 * @param server - of which it was, as far as its argument says; shown where nothing has been yet, because planning failed
 */
export function showOutcome(outcome: string, server: string | undefined): void {
  const isNews = server !== undefined && workflowInfo().memo?.BackupServer === undefined;
  upsertMemo({ BackupOutcome: outcome, ...(isNews ? { BackupServer: server } : {}) });
  upsertSearchAttributes([
    { key: keys.BackupOutcome, value: outcome },
    ...(isNews ? [{ key: keys.BackupServer, value: server }] : []),
  ]);
}
