import { parseDrillReport, type DrillReport } from '../model/drill.js';
import { DRILL_NAME, drillPrefix, drillReportKey, subjectPrefix, type BackupSubject } from '../model/keys.js';
import { parseBackupId } from '../model/names.js';
import type { Store } from '../stores/store.js';
import type { ListedBackup } from './list-backups.js';

/** A backup that a drill has proven. */
export interface ProvenBackup {
  subject: BackupSubject;
  id: string;
  /** When the last drill that proved it ended. */
  provenAt: Date;
}

/** What a drill found of one backup; the database is absent for the globals. */
export type VerdictOnBackup = Pick<DrillReport['backups'][number], 'database' | 'backupId' | 'verdict'>;

/**
 * The backups of a server that drills have proven, whether they still exist or not. Of several drills of one backup the
 * last that came to an end of it counts: what was found bad since is not proven any more.
 *
 * @param store - the primary one, which has the reports, or a replica with copies of them
 * @param counts - which of the reports; left out, all
 * @throws OperationError `ManifestUnreadable` when a report can't be understood: what it proves must not be deleted
 */
export async function listProvenBackups(
  store: Store,
  server: string,
  signal: AbortSignal,
  counts: (report: DrillReport) => boolean = () => true,
): Promise<ProvenBackup[]> {
  const reports: DrillReport[] = [];
  for await (const { key } of store.list(drillPrefix(server), signal)) {
    const id = /([^/]+)\.json$/.exec(key)?.[1];
    if (id === undefined || !isReportKey(server, id, key)) continue;
    const document = await store.getDocument(key, signal);
    if (document) reports.push(parseDrillReport(document.toString(), key));
  }
  return findProven(server, reports.filter(counts));
}

/** What drills have proven, by their reports in the order of time. */
export function findProven(
  server: string,
  reports: readonly { finishedAt: string; backups: readonly VerdictOnBackup[] }[],
): ProvenBackup[] {
  const latest = new Map<string, ProvenBackup | undefined>();
  for (const { backups, finishedAt } of reports)
    for (const { database, backupId, verdict } of backups) {
      if (backupId === undefined || verdict === 'notProvable') continue;
      const subject: BackupSubject =
        database === undefined ? { kind: 'globals', server } : { kind: 'database', server, database };
      const proven = { subject, id: backupId, provenAt: new Date(finishedAt) };
      latest.set(subjectPrefix(subject) + backupId, verdict === 'proven' ? proven : undefined);
    }
  return [...latest.values()].filter((proven) => proven !== undefined);
}

function isReportKey(server: string, id: string, key: string): boolean {
  return parseBackupId(id)?.name === DRILL_NAME && key === drillReportKey(server, id, 'json');
}

/**
 * Of each subject's backups, the newest that is proven.
 *
 * @param backups - those that are whole
 */
export function newestProven(
  backups: readonly ListedBackup[],
  proven: readonly ProvenBackup[],
): ListedBackup[] {
  const provenKeys = new Set(proven.map(({ subject, id }) => subjectPrefix(subject) + id));
  const newest = new Map<string, ListedBackup>();
  for (const backup of backups) {
    const prefix = subjectPrefix(backup.subject);
    if (!provenKeys.has(prefix + backup.id)) continue;
    const other = newest.get(prefix);
    if (!other || other.time < backup.time) newest.set(prefix, backup);
  }
  return [...newest.values()];
}
