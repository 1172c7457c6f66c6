import { execa } from 'execa';
import { CLIENTS, LEVEL, SCALE, type WalRound, type WalTurn } from './compare-wal.js';
import { renderTable } from './results-file.js';
import { spreadOf } from './statistics.js';
import type { WalFigures } from './wal.js';
import { postgresSettings } from './with-system.js';

/** Renders a run's measurements as Markdown. */
export async function describeWal(
  rounds: readonly WalRound[],
  figures: WalFigures,
  seconds: number,
): Promise<string> {
  const settings = Object.entries(postgresSettings).map(([name, value]) => `\`${name} = ${value}\``);
  const { stdout: version } = await execa('pgbackrest', ['version'], { stdin: 'ignore' });
  const row = (name: string, of: (round: WalRound) => number) => {
    const spread = spreadOf(rounds.map(of));
    const values = [spread.min, spread.median, spread.max].map((value) => value.toFixed(1));
    return [name, ...values, String(rounds.length)];
  };
  const rate = ({ bytes, seconds: taken }: WalTurn) => bytes / 2 ** 20 / taken;
  return [
    `\`pgbench --client=${CLIENTS}\`, scale ${SCALE}, writes for ${seconds} s as fast as it can (${settings.join(', ')}, \`synchronous_commit = off\`) ` +
      'on the same cores; the sides take turns, into directories on one disk. The rate is what was archived from the beginning of that until ' +
      `nothing was left to archive. ${version}: asynchronous archive-push, \`process-max\` all cores, zstd ${LEVEL}, aes-256-cbc. ` +
      `Ours: \`archiveWal\` with source \`stream\`, zstd ${LEVEL}, gpg.`,
    renderTable([
      ['', 'min', 'median', 'max', 'rounds'],
      row('pgBackRest, MiB/s', ({ pgBackRest }) => rate(pgBackRest)),
      row('– seconds behind when pgbench ended', ({ pgBackRest }) => pgBackRest.drainSeconds),
      row('ours, MiB/s', ({ ours }) => rate(ours)),
      row('– seconds behind when pgbench ended', ({ ours }) => ours.drainSeconds),
    ]),
    renderTable([
      ['figure', 'value', 'target', ''],
      [
        'rate, ours over pgBackRest',
        String(figures.ours_over_pgbackrest_rate),
        '≥ 1',
        figures.ours_over_pgbackrest_rate >= 1 ? 'met' : 'missed',
      ],
      ['lag, median, seconds', String(figures.lag_p50_seconds), '', ''],
      ['lag, 99th percentile, seconds', String(figures.lag_p99_seconds), '', ''],
      ['CPU seconds per GiB of WAL', String(figures.cpu_seconds_per_gib), '', ''],
    ]),
    'The lag is for how long the oldest WAL that is not in the store has been on the server, four looks a second. The CPU is that of the worker process and its programs.',
  ].join('\n\n');
}
