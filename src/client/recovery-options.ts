import { Option, type Command } from 'commander';

/** Where a recovery stops: exactly one of these. */
export interface TargetOptions {
  time?: string;
  lsn?: string;
  name?: string;
  latest?: boolean;
}

/** Gives a command the options that say where a recovery stops. */
export function addTargetOptions(command: Command): Command {
  const others = (own: string) => ['time', 'lsn', 'name', 'latest'].filter((option) => option !== own);
  return command
    .addOption(
      new Option(
        '--time <time>',
        'as it was at this moment (ISO 8601, with zone): 2026-11-24T14:29:00Z',
      ).conflicts(others('time')),
    )
    .addOption(new Option('--lsn <lsn>', 'as it was at this position in the log').conflicts(others('lsn')))
    .addOption(
      new Option('--name <name>', 'as it was at this restore point (pg_create_restore_point)').conflicts(
        others('name'),
      ),
    )
    .addOption(new Option('--latest', 'with everything that was archived').conflicts(others('latest')));
}

/** The part of the workflow's argument that these options stand for. */
export function toTargetArgument({ time, lsn, name, latest }: TargetOptions) {
  return {
    ...(time === undefined ? {} : { targetTime: time }),
    ...(lsn === undefined ? {} : { targetLsn: lsn }),
    ...(name === undefined ? {} : { targetName: name }),
    ...(latest ? { latest: true as const } : {}),
  };
}
