import type { RecoveryComparison, RecoveryRound } from './compare-recovery.js';
import type { RecoveryFigures } from './recovery.js';
import { renderTable } from './results-file.js';
import { spreadOf } from './statistics.js';
import { postgresSettings } from './with-system.js';

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

/** Renders a run's measurements as Markdown. */
export function describeRecovery(
  { rounds, walBytes, workerPeakBytes }: RecoveryComparison,
  figures: RecoveryFigures,
): string {
  const [{ drill, floor }] = rounds as [RecoveryRound];
  const settings = Object.entries(postgresSettings).map(([name, value]) => `\`${name} = ${value}\``);
  const median = (of: (round: RecoveryRound) => number) => spreadOf(rounds.map(of)).median;
  const row = (name: string, of: (round: RecoveryRound) => number, digits = 1) => {
    const spread = spreadOf(rounds.map(of));
    const values = [spread.min, spread.median, spread.max].map((value) => value.toFixed(digits));
    return [name, ...values, String(rounds.length)];
  };
  const step = (name: keyof typeof drill.secondsPerStep) =>
    row(`– of it ${name}`, (round) => round.drill.secondsPerStep[name] ?? 0);
  const target = (name: string, value: number, most: number) => [
    name,
    String(value),
    `≤ ${most}`,
    value <= most ? 'met' : 'missed',
  ];
  const unpackRate = median(
    ({ drill: { secondsPerStep }, floor: { base } }) =>
      base.dataBytes / ((secondsPerStep.download ?? 0) + (secondsPerStep.unpack ?? 0)),
  );
  const replayRate = median(
    ({ drill: { segments, secondsPerStep }, floor: { base } }) =>
      (segments * base.walSegmentBytes) / (secondsPerStep.replay ?? 0),
  );
  return [
    `A server of ${mebibytes(floor.base.dataBytes)} MiB filled by pgbench (${settings.join(', ')}, \`synchronous_commit = off\`), a base backup of it, then ` +
      `${mebibytes(walBytes)} MiB of WAL by pgbench; both in MinIO, zstd and gpg. Ours: \`drillDisasterRecovery\` on a worker process with the default ` +
      'configuration (`wal.maxAge` 60 s), its `replay` step: fetch, decrypt, compare and replay. Replay alone: right after each drill, the same base ' +
      "backup and the same segments, already decrypted in a local directory, by a server of the same settings with `restore_command = 'cp …'`.",
    renderTable([
      ['seconds', 'min', 'median', 'max', 'rounds'],
      row('replay alone', (round) => round.floor.seconds),
      row('ours, from the decision to a server that serves (RTO)', (round) => round.drill.rtoSeconds),
      ...(['planning', 'download', 'unpack', 'replay'] as const).map(step),
      row('RPO, server and WAL host lost', (round) => round.drill.rpoSeconds ?? NaN),
      row('RPO, server lost, WAL host alive', (round) => round.drill.rpoHostAliveSeconds ?? NaN, 3),
    ]),
    renderTable([
      ['figure', 'value', 'target', ''],
      target('ours over replay alone', figures.ours_over_replay, 1.3),
      target('RPO, both lost, s (worst)', figures.rpo_seconds_both_lost, 75),
      target('RPO, WAL host alive, s (worst)', figures.rpo_seconds_host_alive, 2),
    ]),
    'The ratio is that of each round, then the median; of the RPOs, the worst round counts. A drill commits a transaction on the server, which ' +
      'is idle else, so that its segment waits for `wal.maxAge`, and looks when the WAL host and when the store have it. ' +
      `Downloaded and unpacked: ${mebibytes(unpackRate)} MiB of data a second; replayed: ${mebibytes(replayRate)} MiB of WAL a second, ` +
      `${drill.segments} segments. The worker process itself held at most ${mebibytes(workerPeakBytes)} MiB.`,
  ].join('\n\n');
}
