import { compareSides, measureWorkerMemory, type Comparison } from './compare-sides.js';
import { preparePrograms, requireSpace } from './prepare.js';
import { measureManyDatabases } from './measure-many-databases.js';
import { measureOrchestration } from './measure-orchestration.js';
import { describeNightly } from './describe-nightly.js';
import { writeResults } from './results-file.js';
import { spreadOf } from './statistics.js';

/** What `npm run bench -- nightly` can be told. */
export interface NightlyOptions {
  /** GiB of an uncompressed dump of all databases. */
  scale: number;
  rounds: number;
  /** Measure the worker's memory at four times the scale as well. */
  growth: boolean;
  json: boolean;
}

/** The figures that the targets are about; null where this run did not measure it. */
export interface NightlyFigures {
  script_over_ours: number;
  ours_over_floor: number;
  orchestration_seconds: number;
  worker_rss_mib: number;
  worker_rss_growth: number | null;
  history_events: number;
  history_kib: number;
}

const growthFactor = 4;
const manyDatabases = 200;

/** Measures nightly backups, writes RESULTS.md and, when asked to, one line of JSON. */
export async function benchNightly({ scale, rounds, growth, json }: NightlyOptions): Promise<void> {
  await preparePrograms();
  await requireSpace(growth ? scale * growthFactor : scale);
  const comparison = await compareSides(scale, rounds);
  const orchestrationSeconds = await measureOrchestration(rounds);
  const many = await measureManyDatabases(manyDatabases);
  const grownWorkerBytes = growth ? await measureWorkerMemory(scale * growthFactor) : null;
  const figures = computeFigures(comparison, orchestrationSeconds, grownWorkerBytes);
  await writeResults(
    'nightly',
    `npm run bench -- nightly --scale ${scale} --rounds ${rounds}${growth ? ' --growth' : ''}`,
    describeNightly({ comparison, orchestrationSeconds, many, grownWorkerBytes, figures }),
  );
  if (json) console.log(JSON.stringify(figures));
}

function computeFigures(
  { scriptSeconds, floorSeconds, ours }: Comparison,
  orchestrationSeconds: readonly number[],
  grownWorkerBytes: number | null,
): NightlyFigures {
  const oursMedian = spreadOf(ours.map(({ seconds }) => seconds)).median;
  return {
    script_over_ours: round(spreadOf(scriptSeconds).median / oursMedian),
    ours_over_floor: round(oursMedian / spreadOf(floorSeconds).median),
    orchestration_seconds: round(spreadOf(orchestrationSeconds).median),
    worker_rss_mib: round(ours.at(-1)!.workerPeakBytes / 2 ** 20),
    // Both after one night of a new worker.
    worker_rss_growth: grownWorkerBytes === null ? null : round(grownWorkerBytes / ours[0]!.workerPeakBytes),
    history_events: spreadOf(ours.map(({ history }) => history.events)).max,
    history_kib: round(spreadOf(ours.map(({ history }) => history.bytes)).max / 1024),
  };
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
