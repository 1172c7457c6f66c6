// `npm run bench -- <name>`: measures on this machine and writes bench/RESULTS.md; `--help` says more.
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { benchBase, type BaseBenchOptions } from '../bench/base.js';
import { benchLevels } from '../bench/levels.js';
import { benchNightly, type NightlyOptions } from '../bench/nightly.js';
import { benchRecovery, type RecoveryBenchOptions } from '../bench/recovery.js';
import { benchRestore, type RestoreBenchOptions } from '../bench/restore.js';
import { benchScrape, type ScrapeBenchOptions } from '../bench/scrape.js';
import { benchUpload, type UploadBenchOptions } from '../bench/upload.js';
import { benchWal, type WalBenchOptions } from '../bench/wal.js';
import { Interrupted } from './demo/interruption.js';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'; // all works on Node 20

const program = new Command('npm run bench --')
  .description('Measures on this machine and writes the figures to bench/RESULTS.md.')
  .showHelpAfterError('Benchmarks and their options are listed by: npm run bench -- --help');

program
  .command('nightly')
  .description("nightly backups beside TempoNest's script and beside pg_dump alone")
  .option('--scale <GiB>', 'size of the databases, as an uncompressed dump', parsePositive, 2)
  .option('--rounds <number>', 'how often each side runs', parseRounds, 3)
  .option('--growth', "also the worker's memory at four times the scale", false)
  .option('--json', 'the last line on standard output is one JSON object', false)
  .action((options: NightlyOptions) => benchNightly(options));

program
  .command('restore')
  .description('restores beside pg_restore alone, one table of a big database, a drill of all')
  .option('--scale <GiB>', 'size of the databases, as an uncompressed dump', parsePositive, 2.7)
  .option('--rounds <number>', 'how often each side runs', parseRounds, 3)
  .option('--json', 'the last line on standard output is one JSON object', false)
  .action((options: RestoreBenchOptions) => benchRestore(options));

program
  .command('base')
  .description('base backups beside pgBackRest and beside pg_basebackup alone')
  .option('--scale <GiB>', 'size of the databases, as an uncompressed dump', parsePositive, 2)
  .option('--rounds <number>', 'how often each side runs', parseRounds, 3)
  .option('--json', 'the last line on standard output is one JSON object', false)
  .action((options: BaseBenchOptions) => benchBase(options));

program
  .command('wal')
  .description('archiving WAL beside pgBackRest while pgbench writes as fast as it can')
  .option('--seconds <number>', 'how long pgbench writes for each side and round', parseRounds, 60)
  .option('--rounds <number>', 'how often each side runs', parseRounds, 2)
  .option('--json', 'the last line on standard output is one JSON object', false)
  .action((options: WalBenchOptions) => benchWal(options));

program
  .command('recovery')
  .description('recoveries of a whole server beside replay alone; what its loss would cost')
  .option('--scale <GiB>', 'size of the data; half as much WAL is replayed on it', parsePositive, 1)
  .option('--rounds <number>', 'how often each side runs', parseRounds, 3)
  .option('--json', 'the last line on standard output is one JSON object', false)
  .action((options: RecoveryBenchOptions) => benchRecovery(options));

program
  .command('scrape')
  .description('scrapes of a worker and refreshes of its metrics with a big catalogue')
  .option('--databases <number>', 'databases in the catalogue', parseRounds, 1000)
  .option('--nights <number>', 'backups of each', parseRounds, 23)
  .option('--json', 'the last line on standard output is one JSON object', false)
  .action((options: ScrapeBenchOptions) => benchScrape(options));

program
  .command('upload')
  .description("uploads of one big file to a local server of each kind beside Amazon's own client")
  .option('--size <GiB>', 'size of the file', parsePositive, 2)
  .option('--rounds <number>', 'how often each side uploads', parseRounds, 3)
  .option('--json', 'the last line on standard output is one JSON object', false)
  .action((options: UploadBenchOptions) => benchUpload(options));

program
  .command('levels')
  .description('compression levels on the dump of the biggest database: seconds and sizes')
  .option('--scale <GiB>', 'size of all databases, as an uncompressed dump', parsePositive, 0.25)
  .option('--rounds <number>', 'how often each level runs', parseRounds, 3)
  .action((options: { scale: number; rounds: number }) => benchLevels(options));

// What an interruption left undone must not keep this process.
process.exit(await main());

/** Answers with the exit code. */
async function main(): Promise<number> {
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync();
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof Interrupted) return 130;
    console.error(describe(error));
    return 1;
  }
}

/** A message with those of its causes: Temporal's say why a workflow failed. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 64)) throw new InvalidArgumentError('Give GiB, more than 0 and at most 64.');
  return value;
}

function parseRounds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return value;
}
