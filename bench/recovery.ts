import { compareRecovery, type RecoveryComparison } from './compare-recovery.js';
import { describeRecovery } from './describe-recovery.js';
import { preparePrograms, requireSpace } from './prepare.js';
import { writeResults } from './results-file.js';
import { spreadOf } from './statistics.js';

/** What `npm run bench -- recovery` can be told. */
export interface RecoveryBenchOptions {
  /** GiB of data; half as much WAL is replayed on it. */
  scale: number;
  rounds: number;
  json: boolean;
}

/** The figures that the targets are about. */
export interface RecoveryFigures {
  ours_over_replay: number;
  /** The worst of all rounds, as the one below. */
  rpo_seconds_both_lost: number;
  rpo_seconds_host_alive: number;
}

/** Measures recoveries of a whole server, writes RESULTS.md and, when asked to, one line of JSON. */
export async function benchRecovery({ scale, rounds, json }: RecoveryBenchOptions): Promise<void> {
  await preparePrograms();
  await requireSpace(scale);
  const comparison = await compareRecovery(scale, rounds);
  const figures = computeFigures(comparison);
  await writeResults(
    'recovery',
    `npm run bench -- recovery --scale ${scale} --rounds ${rounds}`,
    describeRecovery(comparison, figures),
  );
  if (json) console.log(JSON.stringify(figures));
}

function computeFigures({ rounds }: RecoveryComparison): RecoveryFigures {
  const known = (seconds: number | undefined): number => {
    if (seconds === undefined) throw new Error('A drill did not measure all that it should; see its report.');
    return seconds;
  };
  const worst = (values: readonly number[]) => Number(Math.max(...values).toFixed(2));
  const ratios = rounds.map(({ drill, floor }) => known(drill.secondsPerStep.replay) / floor.seconds);
  return {
    ours_over_replay: Number(spreadOf(ratios).median.toFixed(2)),
    rpo_seconds_both_lost: worst(rounds.map(({ drill }) => known(drill.rpoSeconds))),
    rpo_seconds_host_alive: worst(rounds.map(({ drill }) => known(drill.rpoHostAliveSeconds))),
  };
}
