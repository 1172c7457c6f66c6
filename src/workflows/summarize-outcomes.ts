import { subjectName } from '../model/keys.js';
import type { BackupsResult } from '../model/results.js';

/** How many databases are listed, and how much is said of each, in characters. */
const LISTED = 200;
const LINE = 300;
/** How many failures are spelled out in a message that Temporal stores and people read. */
const SPELLED_OUT = 5;

/** What a run did, for people. */
export function summarizeOutcomes({ server, backups, lagging = [], pruneFailure }: BackupsResult): {
  title: string;
  lines: string[];
  /** Present when anything failed. */
  failure?: string;
} {
  const failed = backups.flatMap((backup) => (backup.outcome === 'committed' ? [] : [backup]));
  const title = `${backups.length - failed.length} of ${backups.length} backups of server ${server} committed`;
  const lines = backups.slice(0, LISTED).map((backup) => {
    const said = backup.outcome === 'committed' ? backup.backupId : backup.message;
    return `${subjectName(backup)}: ${said}`.slice(0, LINE);
  });
  if (backups.length > LISTED) lines.push(`and ${backups.length - LISTED} more`);
  for (const { store, message } of lagging) lines.push(`store ${store} lags: ${message}`.slice(0, LINE));
  if (failed.length === 0 && pruneFailure === undefined) return { title, lines };
  const faults = failed
    .slice(0, SPELLED_OUT)
    .map((backup) => `${subjectName(backup)}: ${backup.type}: ${backup.message}`);
  if (failed.length > SPELLED_OUT) faults.push(`and ${failed.length - SPELLED_OUT} more, see the details`);
  if (pruneFailure !== undefined) faults.push(`pruning: ${pruneFailure}`);
  return { title, lines, failure: [title, ...faults].join('\n').slice(0, 3000) };
}
