import type { Finding } from '../../model/findings.js';
import { formatLsn } from '../../model/wal-segment.js';
import type { WalEvidence } from '../../wal/find-wal-faults.js';
import { count, formatAge, formatBytes, formatTime, renderTable } from '../output.js';

/** How a server's WAL stands, as `wal status --json` answers; positions as PostgreSQL prints them. */
export interface WalReport {
  server: string;
  systemIdentifier?: string;
  /** What can be recovered to, oldest first; of all incarnations of the server. */
  windows: { systemIdentifier: string; from: string; to: string; toLsn: string; baseBackups: string[] }[];
  serverLsn?: string;
  archivedLsn?: string;
  /** Of the server's WAL that is in no archived segment; absent when it cannot be told. */
  lagBytes?: number;
  lastArchived?: { segment: string; time: string };
  segments: number;
  storedBytes: number;
  /** Of the last hour. */
  segmentsPerHour: number;
  storedBytesPerHour: number;
  gaps: { systemIdentifier: string; from: string; to?: string; foundAt: string; reason: string }[];
  archiver?: { isRunning: boolean; since?: string };
  findings: Finding[];
}

/** Puts together what was found. */
export function toWalReport(
  { server, clusters, live, archiver }: WalEvidence,
  findings: Finding[],
): WalReport {
  const present =
    'fault' in live
      ? clusters.at(-1)
      : clusters.find(({ systemIdentifier }) => systemIdentifier === live.systemIdentifier);
  const end = present?.last?.end;
  const isKnown = !('fault' in live) && end !== undefined;
  return {
    server,
    ...(present ? { systemIdentifier: present.systemIdentifier } : {}),
    windows: clusters.flatMap(({ systemIdentifier, windows }) =>
      windows.map(({ from, to, baseBackups }) => ({
        systemIdentifier,
        from: from.time,
        to: to.time,
        toLsn: formatLsn(to.lsn),
        baseBackups,
      })),
    ),
    ...('fault' in live ? {} : { serverLsn: formatLsn(live.flushed) }),
    ...(end === undefined ? {} : { archivedLsn: formatLsn(end) }),
    ...(isKnown ? { lagBytes: Math.max(0, Number(live.flushed - end)) } : {}),
    ...(present?.last ? { lastArchived: { segment: present.last.name, time: present.last.time } } : {}),
    segments: present?.segments ?? 0,
    storedBytes: present?.storedBytes ?? 0,
    segmentsPerHour: present?.lastHour.segments ?? 0,
    storedBytesPerHour: present?.lastHour.storedBytes ?? 0,
    gaps: clusters.flatMap(({ systemIdentifier, gaps }) =>
      gaps.map(({ fromLsn, toLsn, foundAt, reason }) => ({
        systemIdentifier,
        from: fromLsn,
        ...(toLsn === undefined ? {} : { to: toLsn }),
        foundAt,
        reason,
      })),
    ),
    ...(archiver
      ? { archiver: { isRunning: archiver.isRunning, ...(archiver.since ? { since: archiver.since } : {}) } }
      : {}),
    findings,
  };
}

/** The report for people. */
export function renderWalStatus(report: WalReport, now = new Date()): string {
  const { windows, gaps, findings, archiver, lastArchived, lagBytes } = report;
  const age = (time: string) => formatAge((now.getTime() - new Date(time).getTime()) / 1000);
  const day = (time: string) => formatTime(new Date(time));
  const lag =
    lagBytes === undefined ? 'unknown' : `${formatBytes(lagBytes)} (the server is at ${report.serverLsn})`;
  const facts = [
    ['Archiver', archiver ? describeArchiver(archiver) : 'unknown: Temporal does not answer'],
    ['Archived', lastArchived ? `up to ${report.archivedLsn}, ${age(lastArchived.time)} ago` : 'nothing'],
    ['Behind the server', lag],
    [
      'Last hour',
      `${count(report.segmentsPerHour, 'segment')}, ${formatBytes(report.storedBytesPerHour)} stored`,
    ],
    ['In the store', `${count(report.segments, 'segment')}, ${formatBytes(report.storedBytes)}`],
  ];
  const recoverable =
    windows.length === 0
      ? 'Nothing can be recovered to a moment yet: there is no base backup with its WAL.'
      : renderTable(
          ['RECOVERABLE FROM', 'TO', '>BASE BACKUPS'],
          windows.map(({ from, to, baseBackups }) => [day(from), day(to), String(baseBackups.length)]),
        );
  return [
    renderTable(['WAL OF', report.server], facts),
    '',
    recoverable,
    ...gaps.map(({ from, to, reason }) => `Gap from ${from}${to ? ` to ${to}` : ''}: ${reason}.`),
    ...findings.map(({ severity, what, remedy }) => `${severity.toUpperCase()}: ${what} To do: ${remedy}.`),
  ].join('\n');
}

function describeArchiver({ isRunning, since }: { isRunning: boolean; since?: string }): string {
  return isRunning ? `running since ${since ? formatTime(new Date(since)) : 'now'}` : 'NOT RUNNING';
}
