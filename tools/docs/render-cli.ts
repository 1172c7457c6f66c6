import type { Command } from 'commander';
import { program } from '../../src/client/program.js';

/** Columns of the help, which otherwise has those of the terminal. */
const WIDTH = 100;

/** Every command, itself before those below it, with its whole name. */
export function listCommands(command: Command, above: readonly string[] = []): [string, Command][] {
  const path = [...above, command.name()];
  return [[path.join(' '), command], ...command.commands.flatMap((child) => listCommands(child, path))];
}

/** What `--help` prints of a command. */
function captureHelp(command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return help.trim().replace(/ +$/gm, '');
}

/** `docs/cli.md`: every command with its help. */
export function renderCli(): string {
  const commands = listCommands(program);
  const title = (name: string) => name.replace(/^temponest-backups /, '');
  const anchor = (name: string) => title(name).replaceAll(' ', '-');
  const listed = commands.slice(1).filter(([, { commands: below }]) => below.length === 0);
  return [
    '# The command line',
    '',
    '<!-- Made by `npm run docs` from the commands themselves; change those. -->',
    '',
    'What every command prints with `--help`. All take `--json`, and answer then with one JSON document on standard output.',
    '',
    '| command | what it does |',
    '| --- | --- |',
    ...listed.map(
      ([name, command]) =>
        `| [\`${title(name)}\`](#${anchor(name)}) | ${command.description().replaceAll('|', '\\|')} |`,
    ),
    '',
    ...commands.flatMap(([name, command]) => [
      `## ${title(name)}`,
      '',
      '```text',
      captureHelp(command),
      '```',
      '',
    ]),
  ].join('\n');
}
