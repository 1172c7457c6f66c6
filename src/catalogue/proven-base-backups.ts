import { DISASTER_NAME, disasterDrillReport, type DisasterDrillReport } from '../model/disaster-drill.js';
import { drillPrefix, drillReportKey } from '../model/keys.js';
import { readDocument } from '../model/manifest.js';
import { parseBackupId } from '../model/names.js';
import type { Store } from '../stores/store.js';

/**
 * The base backup that was proven last: a drill from this store has recovered the server from it, and every database
 * passed. Of several drills that began with the same one the last counts.
 *
 * @param ids - those that exist
 * @param store - the primary one, which has the reports, or a replica with copies of them
 * @throws OperationError `ManifestUnreadable` when a report can't be understood: what it proves must not be deleted
 */
export async function findProvenBase(
  store: Store,
  server: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const keys: string[] = [];
  for await (const { key } of store.list(drillPrefix(server), signal))
    if (isReportKey(server, key)) keys.push(key);
  const judged = new Set<string>();
  // Within a server the order of keys is that of time.
  for (const key of keys.sort().reverse()) {
    const document = await store.getDocument(key, signal);
    if (!document) continue;
    const report = readDocument(disasterDrillReport, document.toString(), key, 'the report of a drill');
    if (report.store !== store.name) continue;
    const { baseBackup } = report;
    if (ids.includes(baseBackup) && !judged.has(baseBackup) && hasProven(report)) return baseBackup;
    judged.add(baseBackup);
  }
  return undefined;
}

function isReportKey(server: string, key: string): boolean {
  const id = /([^/]+)\.json$/.exec(key)?.[1] ?? '';
  return parseBackupId(id)?.name === DISASTER_NAME && key === drillReportKey(server, id, 'json');
}

/** What was committed last and not archived in time is no fault of the base backup. */
function hasProven({ check: { databases } }: DisasterDrillReport): boolean {
  return databases.length > 0 && databases.every(({ outcome }) => outcome === 'passed');
}
