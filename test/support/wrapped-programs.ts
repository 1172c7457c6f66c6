import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../tools/install/find-program.js';
import { waitUntil } from './wait-until.js';

/** A directory of wrapper scripts, for `programDirectories`. */
export interface WrappedPrograms extends AsyncDisposable {
  directory: string;
  wrap: (options: WrapOptions) => Promise<WrappedProgram>;
}

/** One program to wrap. */
export interface WrapOptions {
  name: string;
  /** Where the real one is; default: PATH. */
  from?: string;
  /** Only the runs that have this argument; all others are the real program's. */
  argument?: string;
  /**
   * What is run instead, in the shell's language. `"$real" "$@"` runs the program itself, `$run` counts the runs from 1,
   * and `$output` is what `--file=` or `--output` names.
   */
  script: string;
}

/** A program that a wrapper stands before. */
export interface WrappedProgram {
  /** The process ids of all runs so far. */
  runs(): Promise<number[]>;
  /** Replaces the script, for later runs. */
  use(script: string): Promise<void>;
  /** Resolves when a run is held by {@link holdFirstRun}. */
  held(): Promise<void>;
  /** Lets it go on. */
  release(): Promise<void>;
}

/**
 * The program does its work and then, the first time, does not end before `release`: its files are there, unfinished.
 * Meanwhile it has a child, as pg_dump has with several jobs.
 */
export const holdFirstRun = `
"$real" "$@" || exit
[ "$run" = 1 ] || exit 0
sh -c 'while :; do sleep 1; done' "$output" &
: > "$state/held"
while [ ! -e "$state/release" ]; do sleep 0.05; done
kill $!`;

/** The real program, and nothing else: the runs are counted. */
export const onlyCount = 'exec "$real" "$@"';

/** Makes an empty directory for wrappers. */
export async function makeWrappedPrograms(): Promise<WrappedPrograms> {
  const directory = await mkdtemp(join(tmpdir(), 'tb-programs-'));
  return {
    directory,
    wrap: (options) => wrapProgram(directory, options),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function wrapProgram(
  directory: string,
  { name, from, argument, script }: WrapOptions,
): Promise<WrappedProgram> {
  const real = findProgram(name, from === undefined ? undefined : [from]);
  if (real === undefined) throw new Error(`${name} is not installed.`);
  const state = join(directory, `${name}.state`);
  await mkdir(state);
  // `--version` is asked of every program; it never counts as a run.
  await writeFile(
    join(directory, name),
    `#!/bin/sh
real='${real}' state='${state}' output=
[ "$1" = --version ] && exec "$real" "$@"
case " $* " in *' ${argument ?? ''}'*) ;; *) exec "$real" "$@" ;; esac
for each; do
  case "$each" in --file=*) output=\${each#--file=} ;; esac
  [ "$previous" = --output ] && output=$each
  previous=$each
done
echo $$ >> "$state/runs"
run=$(wc -l < "$state/runs")
. "$state/script"
`,
    { mode: 0o755 },
  );
  const use = (text: string) => writeFile(join(state, 'script'), text);
  await use(script);
  return {
    use,
    async runs() {
      const lines = await readFile(join(state, 'runs'), 'utf8').catch(() => '');
      return lines.split('\n').filter(Boolean).map(Number);
    },
    held: async () => void (await waitUntil(`${name} is held`, () => existsSync(join(state, 'held')))),
    release: () => writeFile(join(state, 'release'), ''),
  };
}
