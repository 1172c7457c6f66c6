// `npm run bench -- <name>`: measures on this machine and writes bench/RESULTS.md; `--help` says more.
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { benchLevels } from '../bench/levels.js';
import { benchNightly, type NightlyOptions } from '../bench/nightly.js';

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
  .command('levels')
  .description('compression levels on the dump of the biggest database: seconds and sizes')
  .option('--scale <GiB>', 'size of all databases, as an uncompressed dump', parsePositive, 0.25)
  .option('--rounds <number>', 'how often each level runs', parseRounds, 3)
  .action((options: { scale: number; rounds: number }) => benchLevels(options));

try {
  for (const command of [program, ...program.commands]) command.exitOverride();
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
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
