import { narrate } from '../tools/demo/narrate.js';
import { installSystemPackages } from '../tools/install/install-system-packages.js';
import { compareBase, type BaseComparison, type BaseRound } from './compare-base.js';
import { describeBase } from './describe-base.js';
import { preparePrograms, requireSpace } from './prepare.js';
import { writeResults } from './results-file.js';
import { spreadOf } from './statistics.js';

/** What `npm run bench -- base` can be told. */
export interface BaseBenchOptions {
  /** GiB of an uncompressed dump of all databases. */
  scale: number;
  rounds: number;
  json: boolean;
}

/** The figures that the targets are about. */
export interface BaseFigures {
  ours_over_pgbackrest: number;
  ours_over_pgbasebackup: number;
}

/** Measures base backups, writes RESULTS.md and, when asked to, one line of JSON. */
export async function benchBase({ scale, rounds, json }: BaseBenchOptions): Promise<void> {
  await preparePrograms();
  await narrate('Looking for pgBackRest', () => installSystemPackages(['pgbackrest']));
  await requireSpace(scale);
  const comparison = await compareBase(scale, rounds);
  const figures = computeFigures(comparison);
  await writeResults(
    'base',
    `npm run bench -- base --scale ${scale} --rounds ${rounds}`,
    await describeBase(comparison, figures),
  );
  if (json) console.log(JSON.stringify(figures));
}

function computeFigures({ rounds }: BaseComparison): BaseFigures {
  const median = (of: (round: BaseRound) => number) => Number(spreadOf(rounds.map(of)).median.toFixed(2));
  return {
    ours_over_pgbackrest: median((round) => round.oursSeconds / round.pgBackRestSeconds),
    ours_over_pgbasebackup: median((round) => round.oursSeconds / round.pgBaseBackupSeconds),
  };
}
