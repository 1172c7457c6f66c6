import type { Finding } from '../model/findings.js';
import { formatLsn } from '../model/wal-segment.js';
import type { WalState } from '../postgres/wal-state.js';
import { remedyOf, withoutRemedy } from '../model/without-remedy.js';
import { SEGMENT_HEADER_BYTES } from './lag-meter.js';
import type { ArchiverStatus } from './read-archiver.js';
import type { WalStatus } from './read-wal-status.js';

/** The most of a server's data that may be lost, in seconds: what TempoNest promises. */
const MAXIMUM_LAG_SECONDS = 900;

/** What WAL is judged by. */
export interface WalEvidence {
  server: string;
  /** Of each incarnation of the server. */
  clusters: readonly WalStatus[];
  /** Where the server is, or why that cannot be told. */
  live: WalState | { fault: string };
  /** Left out where Temporal was not asked. */
  archiver?: ArchiverStatus;
  now: Date;
}

const BASE_BACKUP = 'make one with "temponest-backups backup-cluster"';

/**
 * Finds what is wrong with the archived WAL of a server, by the server's own position and by what is in the store, whatever
 * anybody believes about it.
 */
export function findWalFaults(evidence: WalEvidence): Finding[] {
  const { server, clusters, live, archiver } = evidence;
  const findings: Finding[] = [];
  if (archiver && !archiver.isRunning)
    findings.push({
      id: `wal-archiver-stopped/${server}`,
      severity: 'critical',
      what: `Nobody archives the WAL of server ${server}.`,
      where: server,
      remedy: 'see the schedule "wal" with "temponest-backups schedules list", and that a backup worker runs',
    });
  const trouble = archiver?.heartbeat?.trouble ?? [];
  if ('fault' in live)
    // What the archiver meets then is most often the same.
    findings.push({
      id: `wal-server-unknown/${server}`,
      severity: 'warning',
      ...tellTogether('How far the server is cannot be told: ', [live.fault, ...trouble]),
      where: server,
    });
  else {
    if (trouble.length > 0)
      findings.push({
        id: `wal-archiver-trouble/${server}`,
        severity: 'warning',
        ...tellTogether('', trouble),
        where: server,
      });
    findings.push(...judgePresent(evidence, live));
  }
  for (const status of clusters) {
    const isPast = 'systemIdentifier' in live && live.systemIdentifier !== status.systemIdentifier;
    findings.push(...judgeContiguity(server, status, isPast));
  }
  return findings;
}

/** Messages that are fault and remedy in one sentence each, as one: what is said twice is told once. */
function tellTogether(begin: string, messages: readonly string[]): Pick<Finding, 'what' | 'remedy'> {
  const faults = new Set(messages.map(withoutRemedy));
  const remedies = new Set(messages.flatMap((message) => remedyOf(message) ?? []));
  return {
    what: `${begin}${[...faults].join('; ')}.`,
    remedy: [...remedies].join('; ') || 'see the worker log',
  };
}

/** The cluster that the server is now. */
function judgePresent({ server, clusters, now }: WalEvidence, live: WalState): Finding[] {
  const status = clusters.find(({ systemIdentifier }) => systemIdentifier === live.systemIdentifier);
  const where = `${server}/${live.systemIdentifier}`;
  if (!status?.last)
    return [
      {
        id: `wal-none/${where}`,
        severity: 'critical',
        what: `No WAL of server ${server} is in the store.`,
        where,
        remedy: 'see "temponest-backups wal status"',
      },
    ];
  const findings: Finding[] = [];
  const waiting = live.flushed - status.last.end;
  const seconds = (now.getTime() - new Date(status.last.time).getTime()) / 1000;
  if (waiting > SEGMENT_HEADER_BYTES && seconds > MAXIMUM_LAG_SECONDS)
    findings.push({
      id: `wal-lag/${where}`,
      severity: 'critical',
      what: `The server is at ${formatLsn(live.flushed)}, ${waiting} bytes after what is archived, and nothing was archived for ${Math.round(seconds / 60)} minutes.`,
      where,
      since: status.last.time,
      remedy: 'see "temponest-backups wal status", and the worker log',
    });
  if (status.windows.length === 0 && status.unusable.length === 0)
    findings.push({
      id: `wal-no-base/${where}`,
      severity: 'critical',
      what: `There is no base backup of server ${server} that its WAL could be replayed on.`,
      where,
      remedy: BASE_BACKUP,
    });
  return findings;
}

/**
 * From the oldest base backup on nothing may be missing.
 *
 * @param isPast - the server is another cluster now
 */
function judgeContiguity(
  server: string,
  { systemIdentifier, windows, unusable }: WalStatus,
  isPast: boolean,
): Finding[] {
  const findings: Finding[] = [];
  windows.forEach(({ missing, to }, index) => {
    const [gap] = missing;
    if (!gap) return;
    const isClosed = isPast || index < windows.length - 1;
    findings.push({
      id: `wal-gap/${server}/${systemIdentifier}/${gap.first}`,
      severity: isClosed ? 'warning' : 'critical',
      what: `${gap.segments} segments are missing from ${gap.first} to ${gap.last}; nothing after ${formatLsn(to.lsn)} (${to.time}) can be recovered${isClosed ? ' up to the next base backup' : ''}.`,
      where: gap.first,
      since: to.time,
      remedy: isClosed ? 'nothing; a later base backup has closed it' : BASE_BACKUP,
    });
  });
  for (const id of unusable)
    findings.push({
      id: `base-without-wal/${server}/${id}`,
      severity: 'warning',
      what: `Base backup ${id} cannot be restored: WAL that belongs to it is missing.`,
      where: id,
      remedy: BASE_BACKUP,
    });
  return findings;
}
