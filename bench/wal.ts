import { narrate } from '../tools/demo/narrate.js';
import { installSystemPackages } from '../tools/install/install-system-packages.js';
import { compareWal, type WalRound } from './compare-wal.js';
import { describeWal } from './describe-wal.js';
import { preparePrograms } from './prepare.js';
import { writeResults } from './results-file.js';
import { spreadOf } from './statistics.js';

/** What `npm run bench -- wal` can be told. */
export interface WalBenchOptions {
  /** How long pgbench writes for each side and round. */
  seconds: number;
  rounds: number;
  json: boolean;
}

/** The figures that the targets are about. */
export interface WalFigures {
  ours_over_pgbackrest_rate: number;
  lag_p50_seconds: number;
  lag_p99_seconds: number;
  cpu_seconds_per_gib: number;
}

/** Measures the archiving of WAL, writes RESULTS.md and, when asked to, one line of JSON. */
export async function benchWal({ seconds, rounds, json }: WalBenchOptions): Promise<void> {
  await preparePrograms();
  await narrate('Looking for pgBackRest', () => installSystemPackages(['pgbackrest']));
  const taken = await compareWal(seconds, rounds);
  const figures = computeFigures(taken);
  await writeResults(
    'wal',
    `npm run bench -- wal --seconds ${seconds} --rounds ${rounds}`,
    await describeWal(taken, figures, seconds),
  );
  if (json) console.log(JSON.stringify(figures));
}

function computeFigures(rounds: readonly WalRound[]): WalFigures {
  const round = (value: number) => Number(value.toFixed(2));
  const ratios = rounds.map(
    ({ ours, pgBackRest }) => ours.bytes / ours.seconds / (pgBackRest.bytes / pgBackRest.seconds),
  );
  const lags = rounds.flatMap(({ ours }) => ours.lags).sort((a, b) => a - b);
  const percentile = (share: number) => round(lags[Math.floor((lags.length - 1) * share)] ?? 0);
  const sum = (of: (taken: WalRound) => number) => rounds.map(of).reduce((total, value) => total + value, 0);
  return {
    ours_over_pgbackrest_rate: round(spreadOf(ratios).median),
    lag_p50_seconds: percentile(0.5),
    lag_p99_seconds: percentile(0.99),
    cpu_seconds_per_gib: round(
      sum(({ ours }) => ours.cpuSeconds) / (sum(({ ours }) => ours.bytes) / 2 ** 30),
    ),
  };
}
