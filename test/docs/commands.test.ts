import { CommanderError, type Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { program } from '../../src/client/program.js';
import { codeOf, pages } from '../support/pages.js';

/** Where a command line of ours begins, and what ends it: a pipe, a redirection, a comment, the next command. */
const INVOCATION =
  /(?:^|[|;&(] *|\bworker |\bif |\b[A-Z_]+=\S+ )temponest-backups((?: +(?:'[^']*'|"[^"]*"|[^\s'"|;&<>#)]|(?<=\S)[#])+)*)/gm;

const toLines = (code: string) => code.replaceAll(/\\\n */g, '');

/** The arguments of each of our command lines in a piece of shell. */
function invocationsIn(code: string): string[][] {
  return [...toLines(code).matchAll(INVOCATION)].map(([, args]) =>
    [...args!.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/^['"]|['"]$/g, '')),
  );
}

/** What commander has against a command line; undefined for nothing. No command is run. */
function faultOf(args: readonly string[], command: Command = program): string | undefined {
  try {
    const { operands, unknown } = command.parseOptions([...args]);
    const [name, ...rest] = operands;
    if (unknown.includes('--help')) return undefined;
    if (command.commands.length > 0) {
      const child = command.commands.find((candidate) => candidate.name() === name);
      return child ? faultOf([...rest, ...unknown], child) : `there is no command ${name}`;
    }
    const option = unknown.find((argument) => argument.startsWith('-'));
    if (option !== undefined) return `there is no option ${option}`;
    const taken = command.registeredArguments;
    const words = [...operands, ...unknown];
    if (words.length < taken.filter(({ required }) => required).length) return 'an argument is missing';
    if (words.length > taken.length && !taken.at(-1)?.variadic) return `"${words.at(-1)}" is too many`;
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.message;
    throw error;
  }
}

/** Help shows what to type too. */
const shellOf = (path: string) => [
  ...codeOf(pages[path]!, 'sh', 'bash'),
  ...(path === 'docs/cli.md'
    ? codeOf(pages[path]!, 'text').map((help) =>
        help.replaceAll(/^ +(temponest-backups)((?: [^ \n]+)*).*$/gm, '$1$2'),
      )
    : []),
];

describe.each(Object.keys(pages).filter((path) => shellOf(path).join('').includes('temponest-backups')))(
  'the commands of %s',
  (path) => {
    const invocations = shellOf(path).flatMap(invocationsIn);

    test('are commands that there are, with options that they have', () => {
      const faults = invocations.map((args) => [args.join(' '), faultOf(args)] as const);
      expect(faults.filter(([, fault]) => fault !== undefined)).toEqual([]);
    });
  },
);

test.each(['bakcup', 'backup --frob', 'restore', 'restore a b', 'schedules', 'worker --roles cook'])(
  '"%s" is not one',
  (line) => {
    expect(faultOf(line.split(' '))).toBeDefined();
  },
);

test('command lines are found wherever a shell finds them', () => {
  const code = `temponest-backups list --json | jq .
docker compose exec worker temponest-backups backup   # now
x=$(temponest-backups restore 'a b' --reason "it's" \\
  --json)
sudo ln -s "$PWD/dist" /usr/local/bin/temponest-backups
A=b temponest-backups status && temponest-backups verify`;
  expect(invocationsIn(code)).toEqual([
    ['list', '--json'],
    ['backup'],
    ['restore', 'a b', '--reason', "it's", '--json'],
    ['status'],
    ['verify'],
  ]);
});
