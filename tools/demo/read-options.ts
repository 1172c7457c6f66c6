import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { storeServers, type StoreKind } from './store-servers.js';

/** What `npm run demo` can be told. */
export interface DemoOptions {
  /** GiB of an uncompressed dump of all databases. */
  scale: number;
  store: StoreKind;
  /** Stop when the backups are made. */
  exit?: true;
}

const command = new Command('npm run demo --')
  .description(
    "Backs up TempoNest's databases on this machine: starts a scratch PostgreSQL filled with them, Temporal with its UI " +
      'and a worker, triggers the nightly schedule and shows what it made. Stays up until Ctrl-C; then nothing is left.',
  )
  .option('--scale <GiB>', 'size of the databases, as an uncompressed dump', parseScale, 0.05)
  .addOption(
    new Option(
      '--store <kind>',
      'where backups go: a directory, or a server of S3, Azure or Google Cloud Storage',
    )
      .choices(['directory', ...Object.keys(storeServers)])
      .default('directory'),
  )
  .option('--exit', 'stop when the backups are made; exit code 1 when one of them failed')
  .allowExcessArguments(false)
  .showHelpAfterError('Options are listed by: npm run demo -- --help')
  .exitOverride();

/** Reads the command line; answers with an exit code instead when it asks for help (0) or is wrong (2). */
export function readOptions(args: readonly string[]): DemoOptions | number {
  try {
    return command.parse(args, { from: 'user' }).opts<DemoOptions>();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

function parseScale(text: string): number {
  const scale = Number(text);
  if (!(scale > 0 && scale <= 64)) throw new InvalidArgumentError('Give GiB, more than 0 and at most 64.');
  return scale;
}
