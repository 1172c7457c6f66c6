import pMap from 'p-map';
import { findProven, type ProvenBackup, type VerdictOnBackup } from '../catalogue/proven-backups.js';
import { OperationError } from '../model/failures.js';
import { DISASTER_NAME, disasterDrillReport, explainDisasterDrill } from '../model/disaster-drill.js';
import { parseDrillReport } from '../model/drill.js';
import { DRILL_NAME, drillPrefix, drillReportKey } from '../model/keys.js';
import { readDocument } from '../model/manifest.js';
import { parseBackupId } from '../model/names.js';
import type { Store } from '../stores/store.js';
import { rememberDocuments, type DocumentMemory } from './remember-documents.js';

/** Reports read at once. */
const CONCURRENCY = 8;

/** What one drill came to. */
export interface DrillFacts {
  /** A restore of every backup, or the recovery of a lost server. */
  drill: 'restore' | 'disaster';
  /** The store that was read. */
  store: string;
  finishedAt: string;
  hasSucceeded: boolean;
  rtoSeconds: number;
  rpoSeconds?: number;
  /** Of a restore drill. */
  backups: VerdictOnBackup[];
}

/** Reads what the drills of a server came to, oldest first, and what they have proven. */
export type DrillReader = (
  server: string,
  signal: AbortSignal,
) => Promise<{ drills: DrillFacts[]; proven: ProvenBackup[]; unreadable: number }>;

/** Makes a reader that reads each report once. */
export function createDrillReader(store: Store): DrillReader {
  const memories = new Map<string, DocumentMemory<DrillFacts>>();
  return async (server, signal) => {
    const memory = memories.get(server) ?? rememberDocuments((key, abort) => readReport(store, key, abort));
    memories.set(server, memory);
    const keys: string[] = [];
    for await (const { key } of store.list(drillPrefix(server), signal))
      if (isReportKey(server, key)) keys.push(key);
    memory.keepOnly(new Set(keys));
    const read = await pMap(keys, (key) => memory.recall(key, signal), { concurrency: CONCURRENCY, signal });
    const drills = read
      .flatMap((report) => ('facts' in report ? [report.facts] : []))
      .sort((a, b) => (a.finishedAt < b.finishedAt ? -1 : 1));
    return { drills, proven: findProven(server, drills), unreadable: read.length - drills.length };
  };
}

function isReportKey(server: string, key: string): boolean {
  const id = idOf(key);
  const name = parseBackupId(id)?.name;
  return (name === DRILL_NAME || name === DISASTER_NAME) && key === drillReportKey(server, id, 'json');
}

const idOf = (key: string) => /([^/]+)\.json$/.exec(key)?.[1] ?? '';

async function readReport(store: Store, key: string, signal: AbortSignal): Promise<DrillFacts> {
  const document = await store.getDocument(key, signal);
  if (!document)
    throw new OperationError('ManifestUnreadable', `${key} was deleted since; nothing is to be done.`);
  const text = document.toString();
  if (parseBackupId(idOf(key))!.name === DRILL_NAME) {
    const report = parseDrillReport(text, key);
    const backups = report.backups.map(({ database, backupId, verdict }) => ({
      verdict,
      ...(database === undefined ? {} : { database }),
      ...(backupId === undefined ? {} : { backupId }),
    }));
    return {
      ...{ drill: 'restore', backups },
      ...commonOf(report),
      hasSucceeded: backups.every(({ verdict }) => verdict === 'proven'),
    };
  }
  const report = readDocument(disasterDrillReport, text, key, 'the report of a drill');
  return {
    ...{ drill: 'disaster', backups: [] },
    ...commonOf(report),
    hasSucceeded: explainDisasterDrill(report) === undefined,
  };
}

function commonOf({
  store,
  finishedAt,
  rtoSeconds,
  rpoSeconds,
}: {
  store: string;
  finishedAt: string;
  rtoSeconds: number;
  rpoSeconds?: number | undefined;
}): Pick<DrillFacts, 'store' | 'finishedAt' | 'rtoSeconds' | 'rpoSeconds'> {
  return { store, finishedAt, rtoSeconds, ...(rpoSeconds === undefined ? {} : { rpoSeconds }) };
}
