import { compareRestores, sumOf, type RestoreComparison, type RestoreRound } from './compare-restores.js';
import { describeRestore } from './describe-restore.js';
import { preparePrograms, requireSpace } from './prepare.js';
import { writeResults } from './results-file.js';
import { spreadOf } from './statistics.js';

/** What `npm run bench -- restore` can be told. */
export interface RestoreBenchOptions {
  /** GiB of an uncompressed dump of all databases. */
  scale: number;
  rounds: number;
  json: boolean;
}

/** The figures that the targets are about; null where this run did not measure it. */
export interface RestoreFigures {
  /** The biggest database, three quarters of all. */
  ours_over_floor: number;
  /** The drill of all databases over the sum of what pg_restore alone takes for each. */
  drill_over_floor: number;
  /** All databases restored by us, one after another; not of a run with less than 2 GiB. */
  rto_seconds_2gib: number | null;
  /** Of the same backup, in the same round. */
  one_table_over_unpack: number;
  worker_rss_mib: number;
}

/** Measures restores and drills, writes RESULTS.md and, when asked to, one line of JSON. */
export async function benchRestore({ scale, rounds, json }: RestoreBenchOptions): Promise<void> {
  await preparePrograms();
  await requireSpace(scale);
  const comparison = await compareRestores(scale, rounds);
  const figures = computeFigures(scale, comparison);
  await writeResults(
    'restore',
    `npm run bench -- restore --scale ${scale} --rounds ${rounds}`,
    describeRestore({ comparison, figures }),
  );
  if (json) console.log(JSON.stringify(figures));
}

function computeFigures(scale: number, { rounds, workerPeakBytes }: RestoreComparison): RestoreFigures {
  const median = (of: (round: RestoreRound) => number) => round(spreadOf(rounds.map(of)).median);
  return {
    ours_over_floor: median(({ pairs: [biggest] }) => biggest!.oursSeconds / biggest!.floorSeconds),
    drill_over_floor: median((each) => each.drillSeconds / sumOf(each, 'floorSeconds')),
    rto_seconds_2gib: scale >= 2 ? median((each) => sumOf(each, 'oursSeconds')) : null,
    one_table_over_unpack: median((each) => each.oneTableSeconds / each.pairs[0]!.secondsPerStep.unpack!),
    worker_rss_mib: round(workerPeakBytes / 2 ** 20),
  };
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
