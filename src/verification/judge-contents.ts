import type { Finding } from '../model/findings.js';
import { encodeName } from '../model/names.js';
import type { Amount, Contents } from './count-contents.js';

/** The newest backup is compared with the median of so many before it. */
export const COMPARED_BACKUPS = 7;

/** What is lost, of what was usual: a warning from here, and critical from there. */
const LOST = { warning: 0.5, critical: 0.9 };
/** A database that grew by more of its usual size. */
const GROWN = 0.5;

/** Smaller differences are nobody's concern, whatever their share: rows, and bytes of a dump. */
const FLOOR: Amount = { rows: 1000, bytes: 16 * 1024 ** 2 };

const UNDO = 'restore it from an earlier backup if nobody meant this ("temponest-backups list")';

/**
 * Compares what the newest backup of a database holds with what was usual before: a database, or a table of it, that has
 * lost most of its rows or its size, and a database that has grown a lot. A median, so that one odd night does not count;
 * once most of the compared backups hold the new amount, that is the usual one.
 *
 * @param before - up to seven; without any there is nothing to compare with
 */
export function judgeContents(
  server: string,
  database: string,
  newest: Contents,
  before: readonly Contents[],
): Finding[] {
  if (before.length === 0) return [];
  const about = (kind: string, what: string, ...names: string[]): Pick<Finding, 'id' | 'where'> => ({
    id: [kind, server, database, ...names].map(encodeName).join('/'),
    where: what,
  });
  const findings: Finding[] = [];
  const usual = medianOf(before);
  const lost = describeLoss(usual, newest);
  if (lost)
    findings.push({
      ...about('database-shrunk', `database ${database}`),
      severity: lost.severity,
      what: `Database ${database} of server ${server} ${lost.said}.`,
      remedy: UNDO,
    });
  const growth = newest.bytes - usual.bytes;
  if (growth >= FLOOR.bytes && growth > usual.bytes * GROWN)
    findings.push({
      ...about('database-grown', `database ${database}`),
      severity: 'warning',
      what: `Database ${database} of server ${server} has grown by ${toPercent(growth / usual.bytes)}: ${formatBytes(usual.bytes)} -> ${formatBytes(newest.bytes)}.`,
      remedy: 'find out what fills it, and make sure that staging and stores have room for it',
    });
  const names = new Set(before.flatMap(({ tables }) => [...tables.keys()]));
  for (const name of names) {
    const table = newest.tables.get(name);
    const loss = describeLoss(medianOf(before.map(({ tables }) => tables.get(name) ?? NOTHING)), table);
    if (loss)
      findings.push({
        ...about('table-shrunk', `table ${name} of ${database}`, name),
        severity: loss.severity,
        what: `Table ${name} of ${database} ${loss.said}.`,
        remedy: UNDO,
      });
  }
  return findings;
}

const NOTHING: Amount = { rows: 0, bytes: 0 };

function medianOf(amounts: readonly Amount[]): Amount {
  const median = (of: keyof Amount) => {
    const sorted = amounts.map((amount) => amount[of]).sort((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    return sorted.length % 2 === 1
      ? sorted[middle]!
      : Math.round((sorted[middle - 1]! + sorted[middle]!) / 2);
  };
  return { rows: median('rows'), bytes: median('bytes') };
}

/** What is worth telling of an amount that is less than usual, the rows before the size; `now` is left out where it is gone. */
function describeLoss(
  usual: Amount,
  now: Amount | undefined,
): { severity: Finding['severity']; said: string } | undefined {
  if (!now && usual.rows >= FLOOR.rows)
    return { severity: 'critical', said: `is gone, with its ${formatCount(usual.rows)} rows` };
  const { rows, bytes } = now ?? NOTHING;
  const severityOf = (before: number, after: number, floor: number) => {
    const share = (before - after) / before;
    if (before - after < floor || share < LOST.warning) return undefined;
    return share >= LOST.critical ? 'critical' : 'warning';
  };
  const byRows = severityOf(usual.rows, rows, FLOOR.rows);
  const byBytes = severityOf(usual.bytes, bytes, FLOOR.bytes);
  if (byRows && (byRows === 'critical' || byBytes !== 'critical'))
    return {
      severity: byRows,
      said: `lost ${toPercent((usual.rows - rows) / usual.rows)} of its rows: ${formatCount(usual.rows)} -> ${formatCount(rows)}`,
    };
  return (
    byBytes && {
      severity: byBytes,
      said: `lost ${toPercent((usual.bytes - bytes) / usual.bytes)} of its size: ${formatBytes(usual.bytes)} -> ${formatBytes(bytes)}`,
    }
  );
}

/** Rounded down: what says 90 % has lost no less. */
const toPercent = (share: number) => `${Math.floor(share * 100 + 1e-9)} %`;
const formatCount = (number: number) => number.toLocaleString('en');
const formatBytes = (bytes: number) => `${formatCount(Math.round(bytes / 1e6))} MB`;
