import { oneTable, sumOf, type RestoreComparison, type RestoreRound } from './compare-restores.js';
import type { RestoreFigures } from './restore.js';
import { renderTable } from './results-file.js';
import { spreadOf } from './statistics.js';
import { postgresSettings } from './with-system.js';

/** Everything one run of the benchmark measured. */
export interface RestoreMeasurements {
  comparison: RestoreComparison;
  figures: RestoreFigures;
}

const steps = ['reserve', 'download', 'unpack', 'restore', 'compare'] as const;
const promisedSeconds = 3600;
const platformGiB = 10;

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

/** Renders a run's measurements as Markdown. */
export function describeRestore(measured: RestoreMeasurements): string {
  const { comparison } = measured;
  const settings = Object.entries(postgresSettings).map(([name, value]) => `\`${name} = ${value}\``);
  return [
    `Six databases, ${mebibytes(comparison.dumpBytes)} MiB as uncompressed dumps, ${mebibytes(comparison.storedBytes)} MiB as stored by us. ` +
      'pg_restore alone: `pg_restore -j2` of an unpacked directory dump into a fresh database, one database after another. ' +
      'Ours: `restoreDatabase` on a worker process, out of MinIO, encrypted with gpg, into the same PostgreSQL ' +
      `(${settings.join(', ')}, as it is shipped), from trigger to compared; each database right after pg_restore's turn with it. ` +
      'The drill restores all of them into a scratch server of its own, compares, and checks them with pg_amcheck.',
    renderSeconds(comparison),
    renderTargets(measured),
    renderRest(comparison),
  ].join('\n\n');
}

function renderSeconds({ rounds }: RestoreComparison): string {
  const row = (name: string, of: (round: RestoreRound) => number) => {
    const { min, median, max } = spreadOf(rounds.map(of));
    return [name, ...[min, median, max].map((value) => value.toFixed(1)), String(rounds.length)];
  };
  const [{ pairs }] = rounds as [RestoreRound];
  const { database } = pairs[0]!;
  return renderTable([
    ['seconds', 'min', 'median', 'max', 'rounds'],
    row('pg_restore alone, six databases', (round) => sumOf(round, 'floorSeconds')),
    row('ours, six databases', (round) => sumOf(round, 'oursSeconds')),
    row(`pg_restore alone, \`${database}\``, (round) => round.pairs[0]!.floorSeconds),
    row(`ours, \`${database}\``, (round) => round.pairs[0]!.oursSeconds),
    ...steps.map((step) => row(`– of it ${step}`, (round) => round.pairs[0]!.secondsPerStep[step] ?? 0)),
    row(`ours, \`${database}\`, only \`${oneTable}\``, (round) => round.oneTableSeconds),
    row('drill, six databases and the globals', (round) => round.drillSeconds),
  ]);
}

function renderTargets({ figures, comparison }: RestoreMeasurements): string {
  const { database, bytes } = comparison.biggest;
  const atMost = (name: string, value: number | null, limit: number) => [
    ...[name, value === null ? 'not measured' : String(value), `≤ ${limit}`],
    value === null ? '' : value <= limit ? 'met' : 'missed',
  ];
  return renderTable([
    ['figure', 'value', 'target', ''],
    atMost(
      `ours over pg_restore alone, \`${database}\` (${mebibytes(bytes)} MiB)`,
      figures.ours_over_floor,
      1.5,
    ),
    ['ours over pg_restore alone, all six', sixOverFloor(comparison).toFixed(2), '', ''],
    atMost('drill over pg_restore alone, all six', figures.drill_over_floor, 2.5),
    atMost('all six back, s', figures.rto_seconds_2gib, promisedSeconds),
    [`\`${oneTable}\` alone over unpacking \`${database}\``, String(figures.one_table_over_unpack), '', ''],
    atMost("worker's memory, MiB (peak of all rounds)", figures.worker_rss_mib, 300),
  ]);
}

function sixOverFloor({ rounds }: RestoreComparison): number {
  return spreadOf(rounds.map((round) => sumOf(round, 'oursSeconds') / sumOf(round, 'floorSeconds'))).median;
}

function renderRest({ rounds, dumpBytes }: RestoreComparison): string {
  const median = (of: (round: RestoreRound) => number) => spreadOf(rounds.map(of)).median;
  const seconds = median((round) => sumOf(round, 'oursSeconds'));
  const calculated = (seconds * platformGiB * 2 ** 30) / dumpBytes;
  return (
    'Ratios are those of each round, then the median. ' +
    `At the rate of ${mebibytes(dumpBytes / seconds)} MiB/s, all six databases one after another, ` +
    `${platformGiB} GiB would take ${calculated.toFixed(0)} s; promised is 1 h. ` +
    `The drill itself reports ${median((round) => round.drillRtoSeconds).toFixed(1)} s for having all of it back, the globals included (median). ` +
    `The one table has ${mebibytes(rounds[0]!.oneTableBytes)} MiB.`
  );
}
