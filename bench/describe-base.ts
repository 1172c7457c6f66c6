import { execa } from 'execa';
import type { BaseFigures } from './base.js';
import { LEVEL, type BaseComparison, type BaseRound } from './compare-base.js';
import { renderTable } from './results-file.js';
import { spreadOf } from './statistics.js';
import { postgresSettings } from './with-system.js';

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const steps = ['reserve', 'baseBackup', 'upload', 'verify', 'awaitWal', 'commit'] as const;

/** Renders a run's measurements as Markdown. */
export async function describeBase(comparison: BaseComparison, figures: BaseFigures): Promise<string> {
  const { rounds, pgBackRestBytes } = comparison;
  const [{ ours }] = rounds as [BaseRound];
  const settings = Object.entries(postgresSettings).map(([name, value]) => `\`${name} = ${value}\``);
  const { stdout: version } = await execa('pgbackrest', ['version'], { stdin: 'ignore' });
  const median = (of: (round: BaseRound) => number) => spreadOf(rounds.map(of)).median;
  const row = (name: string, of: (round: BaseRound) => number) => {
    const spread = spreadOf(rounds.map(of));
    const values = [spread.min, spread.median, spread.max].map((value) => value.toFixed(1));
    return [name, ...values, String(rounds.length)];
  };
  return [
    `A server of ${mebibytes(ours.dataBytes)} MiB (${settings.join(', ')}, as it is shipped); the three sides take turns, into directories on one disk, ` +
      `while both archive its WAL. ${version}: full backup, \`process-max\` all cores, zstd ${LEVEL}, aes-256-cbc. ` +
      'pg_basebackup alone: one uncompressed tar. ' +
      `Ours: \`backupCluster\` on a worker process, zstd ${LEVEL}, gpg, from trigger to committed: the WAL that it needs is in the store then.`,
    renderTable([
      ['seconds', 'min', 'median', 'max', 'rounds'],
      row('pgBackRest', (round) => round.pgBackRestSeconds),
      row('pg_basebackup alone', (round) => round.pgBaseBackupSeconds),
      row('ours', (round) => round.oursSeconds),
      ...steps.map((step) => row(`– of it ${step}`, (round) => round.ours.secondsPerStep[step] ?? 0)),
    ]),
    renderTable([
      ['figure', 'value', 'target', ''],
      [
        'ours over pgBackRest',
        String(figures.ours_over_pgbackrest),
        '≤ 1',
        figures.ours_over_pgbackrest <= 1 ? 'met' : 'missed',
      ],
      ['ours over pg_basebackup alone', String(figures.ours_over_pgbasebackup), '', ''],
    ]),
    `Ratios are those of each round, then the median. Stored: ours ${mebibytes(median((round) => round.ours.bytes))} MiB, ` +
      `pgBackRest ${mebibytes(pgBackRestBytes)} MiB. The worker process itself held at most ${mebibytes(comparison.workerPeakBytes)} MiB.`,
  ].join('\n\n');
}
