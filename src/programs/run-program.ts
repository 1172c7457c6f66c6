import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { execa, type Result } from 'execa';
import { OperationError, remedyFor, typeOfMessage } from '../model/failures.js';
import { redact } from '../observability/redaction.js';
import type { ChildLedger } from './child-ledger.js';
import { superviseGroup } from './supervise-group.js';

/** One program to run. */
export interface Program {
  /** Absolute path. */
  file: string;
  args: string[];
  /** The whole environment, beside `LC_ALL=C` and `TZ=UTC`: a child sees no more than it needs. */
  environment?: Record<string, string>;
  /** A file to write standard output to, instead of answering with it. */
  outputFile?: string;
  /** Takes standard output line by line, instead of answering with it: for lists that grow with the database. */
  onLine?: (line: string) => void;
  /** Takes standard error line by line, beside what is kept of it for a failure. */
  onSaid?: (line: string) => void;
  /** What it reads from file descriptor 3: arguments and environment can be seen by others. */
  secret?: string;
}

/** What a run needs from the step that makes it. */
export interface ProgramContext {
  /**
   * Ends the program and everything it started; the run then rejects with the signal's reason. A program that the kernel
   * does not let go is left in the ledger, for whoever cleans up to name it.
   */
  signal: AbortSignal;
  /** Where the process is noted, for clean-up after a crash. Left out for programs that end at once. */
  ledger?: ChildLedger;
  /** 0 to 19. */
  nice?: number;
  /** Called once with the process id, which is the group's as well. */
  onStart?: (pid: number) => void;
}

/** How much of standard error is kept for a failure: the last lines, and of each so many characters. */
const LINES_KEPT = 100;
const LINE_KEPT = 2000;

/**
 * Runs a program to its end, in a process group of its own so that a signal reaches what it starts as well
 * (`pg_dump -j`), and answers with its standard output (100 MB at most; more ends the program).
 *
 * @throws OperationError of the type that the failures table gives its standard error, else `ProgramFailed`; the
 * message carries the line of standard error that names the fault, redacted
 */
export async function runProgram(program: Program, context: ProgramContext): Promise<string> {
  const { signal, nice } = context;
  const { outputFile, onLine, onSaid } = program;
  const said: string[] = [];
  // By its descriptor: execa would write a file of that name itself, and every byte would pass through this process.
  const output = outputFile === undefined ? undefined : await open(outputFile, 'w');
  try {
    signal.throwIfAborted();
    const child = execa(...commandOf(program, nice), {
      ...environmentOf(program),
      detached: true,
      reject: false,
      stdio: [
        'ignore',
        output?.createWriteStream() ?? (onLine ? takeLines(onLine) : 'pipe'),
        keepLastLines(said, onSaid),
        ...secretOf(program),
      ],
      // Otherwise execa collects in memory what goes elsewhere too, and ends a program that says much.
      buffer: { stdout: output === undefined && onLine === undefined, stderr: false },
    });
    const result = await superviseGroup(child, context);
    signal.throwIfAborted();
    if (result?.failed) throw describeFailure(basename(program.file), result, said);
    return typeof result?.stdout === 'string' ? result.stdout : '';
  } finally {
    await output?.close();
  }
}

/** The program and its arguments as execa takes them, made as nice as asked. */
export function commandOf({ file, args }: Program, nice: number | undefined): [file: string, args: string[]] {
  return nice ? ['/usr/bin/nice', ['-n', String(nice), file, ...args]] : [file, args];
}

/** execa's options for what a program sees of the environment. */
export function environmentOf({ environment }: Program) {
  return { extendEnv: false, env: { LC_ALL: 'C', TZ: 'UTC', ...environment } };
}

/** execa's `stdio` from file descriptor 3 on. */
export function secretOf({ secret }: Program): Uint8Array[] {
  return secret === undefined ? [] : [Buffer.from(secret)];
}

/** Keeps the last lines that a program says in `said`, and hands on each. */
export function keepLastLines(said: string[], onSaid?: (line: string) => void) {
  return takeLines((line) => {
    onSaid?.(line);
    said.push(line.slice(0, LINE_KEPT));
    if (said.length > LINES_KEPT) said.shift();
  });
}

function takeLines(onLine: (line: string) => void) {
  return function* (line: unknown): Generator<string> {
    onLine(line as string);
  };
}

/** How a program ended, as execa tells it. */
export type Ending = Pick<Result<{ reject: false }>, 'exitCode' | 'signal' | 'code' | 'isMaxBuffer'>;

function describeEnding({ code, signal, exitCode, isMaxBuffer }: Ending): string {
  if (isMaxBuffer) return 'printed more than 100 MB and was ended';
  if (signal) return `was ended by ${signal}`;
  // One that fails early does not read its secret, which has a code too.
  return exitCode ? `failed with exit code ${exitCode}` : `could not be started (${code})`;
}

/** The error for a program that failed, typed by the failures table and naming what it said was wrong, redacted. */
export function describeFailure(name: string, result: Ending, said: readonly string[]): OperationError {
  if (result.code === 'ENOENT')
    return new OperationError('ProgramMissing', `${name} is not installed; ${remedyFor('ProgramMissing')}.`);
  const stderr = redact(said.join('\n').trim());
  const type = typeOfMessage(stderr) ?? 'ProgramFailed';
  const how = describeEnding(result);
  // Programs name the fault first and explain or conclude after it.
  const fault = stderr.split('\n').find((line) => /error|fatal|failed|cannot|unable/i.test(line));
  // What pg_dump calls a failed COPY says nothing of why; the server did.
  const [, serverFault] = /^\S+: detail: Error message from server: (.*)$/m.exec(stderr) ?? [];
  const why = [fault ?? stderr.split('\n').at(-1), serverFault].filter(Boolean).join(' ').slice(0, 500);
  return new OperationError(type, `${name} ${how}${why && `: ${why}`}; ${remedyFor(type)}.`, {
    cause: new Error(stderr.slice(-2000)),
  });
}
