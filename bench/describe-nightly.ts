import type { Comparison } from './compare-sides.js';
import type { ManyDatabases } from './measure-many-databases.js';
import type { NightlyFigures } from './nightly.js';
import { renderTable } from './results-file.js';
import { spreadOf } from './statistics.js';
import { postgresSettings } from './with-system.js';

/** Everything one run of the benchmark measured. */
export interface NightlyMeasurements {
  comparison: Comparison;
  orchestrationSeconds: readonly number[];
  many: ManyDatabases;
  /** The worker's peak at four times the scale; null when not measured. */
  grownWorkerBytes: number | null;
  figures: NightlyFigures;
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const kibibytes = (bytes: number): string => (bytes / 2 ** 10).toFixed(0);

/** Renders a run's measurements as Markdown. */
export function describeNightly(measured: NightlyMeasurements): string {
  const { comparison } = measured;
  const settings = Object.entries(postgresSettings).map(([name, value]) => `\`${name} = ${value}\``);
  return [
    `Six databases, ${mebibytes(comparison.dumpBytes)} MiB as uncompressed dumps, ${mebibytes(comparison.storedBytes)} MiB as stored by us. ` +
      `The three sides take turns on the same PostgreSQL (${settings.join(', ')}, as it is shipped); script and ours end in the same ` +
      'MinIO. Script: `pg_dump -Fc`, `gzip`, `gpg --encrypt` with its defaults, then the copy, one database after another. ' +
      'pg_dump alone: `pg_dump -Fd -j2 -Z0`, one database after another. Ours: the nightly workflow on a worker process, zstd and gpg, from trigger ' +
      'to finished, globals, inventory, syncing to disk, verification and pruning included.',
    renderSeconds(measured),
    renderTargets(measured),
    renderSizes(measured),
  ].join('\n\n');
}

function renderSeconds({ comparison, orchestrationSeconds }: NightlyMeasurements): string {
  const row = (name: string, values: readonly number[]) => {
    const { min, median, max } = spreadOf(values);
    return [name, ...[min, median, max].map((value) => value.toFixed(1)), String(values.length)];
  };
  return renderTable([
    ['seconds', 'min', 'median', 'max', 'rounds'],
    row('script', comparison.scriptSeconds),
    row('pg_dump alone', comparison.floorSeconds),
    row(
      'ours',
      comparison.ours.map(({ seconds }) => seconds),
    ),
    row('ours, six empty databases', orchestrationSeconds),
  ]);
}

function renderTargets({ figures, comparison, many, grownWorkerBytes }: NightlyMeasurements): string {
  const stagingShare = spreadOf(
    comparison.ours.map(({ stagingBytes, stagingBoundBytes }) => stagingBytes / stagingBoundBytes),
  ).max;
  const atMost = (name: string, value: number | null, limit: number) => [
    ...[name, value === null ? 'not measured' : String(value), `≤ ${limit}`],
    value === null ? '' : value <= limit ? 'met' : 'missed',
  ];
  const { script_over_ours } = figures;
  return renderTable([
    ['figure', 'value', 'target', ''],
    ['script over ours (medians)', String(script_over_ours), '≥ 4', script_over_ours >= 4 ? 'met' : 'missed'],
    atMost('ours over pg_dump alone (medians)', figures.ours_over_floor, 2),
    atMost('six empty databases, s (median)', figures.orchestration_seconds, 10),
    atMost("worker's memory, MiB (peak of all rounds)", figures.worker_rss_mib, 300),
    atMost(
      `worker's memory at four times the data, over that after the first round${grownWorkerBytes === null ? '' : ` (${mebibytes(grownWorkerBytes)} over ${mebibytes(comparison.ours[0]!.workerPeakBytes)} MiB)`}`,
      figures.worker_rss_growth,
      1,
    ),
    atMost('history of one `backupDatabase`, events (largest)', figures.history_events, 100),
    atMost('history of one `backupDatabase`, KiB (largest)', figures.history_kib, 100),
    atMost(
      'staging over dump and archive of the databases in flight (largest)',
      Number(stagingShare.toFixed(2)),
      1,
    ),
    // From 10,240 events on, Temporal warns: https://docs.temporal.io/workflow-execution/limits
    atMost(`history of the run over ${many.count} databases, events`, many.history.events, 10_240),
    atMost(`worker's memory over ${many.count} databases, MiB`, Number(mebibytes(many.workerPeakBytes)), 300),
  ]);
}

function renderSizes({ comparison, many }: NightlyMeasurements): string {
  const programs = spreadOf(comparison.ours.map(({ programBytes }) => programBytes));
  const staging = spreadOf(comparison.ours.map(({ stagingBytes }) => stagingBytes));
  return (
    'The programs that the worker ran (pg_dump, tar, zstd, gpg) held at most ' +
    `${mebibytes(programs.max)} MiB together, staging ${mebibytes(staging.max)} MiB. ` +
    `${many.count} databases of two small tables each took ${many.seconds.toFixed(1)} s in one run, ` +
    `whose history is ${kibibytes(many.history.bytes)} KiB.`
  );
}
