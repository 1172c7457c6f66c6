import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import type { OperationError } from '../model/failures.js';
import {
  commandOf,
  describeFailure,
  environmentOf,
  keepLastLines,
  secretOf,
  type Ending,
  type Program,
  type ProgramContext,
} from './run-program.js';
import { superviseGroup } from './supervise-group.js';

/** One program of a pipeline: it reads what the one before writes, and the first one nothing. */
export interface PipelineProgram extends Omit<Program, 'outputFile' | 'onLine'> {
  /** Finds the fault in what it said on standard error, also where its exit code tells of none. */
  findFault?: (said: string, hasFailed: boolean) => OperationError | undefined;
}

/** What a program says that finds nobody reads any more what it writes. */
const WITHOUT_READER = /Broken pipe|Connection reset by peer/;
/** What a shell script answers with in that case: 128 and the number of SIGPIPE. */
const SCRIPT_WITHOUT_READER = 141;
/** How long after one has failed the others may take to notice that by their pipes, in milliseconds. */
const FAILURE_GRACE = 2000;

interface Ended {
  program: PipelineProgram;
  /** Undefined for one that the kernel does not let go. */
  result: (Ending & { failed: boolean }) | undefined;
  said: string[];
  /** Because another had failed. */
  wasEndedByUs: boolean;
}

/**
 * Runs programs that are joined by pipes, as a shell's `a | b | c` does, to their ends. What flows between them does not
 * pass through this process. Each leads a process group and is in the ledger; an aborted signal ends them all.
 *
 * When one fails, the others come to the end of their input or lose their reader, and those that do not end by that are
 * ended.
 *
 * @param outputFile - what the last one's standard output makes; left out where it writes files of its own
 * @param context - `onStart` gets the process id of the first program
 * @throws OperationError the fault of the first program in the row that has one of its own: not of one that only lost
 * its reader, or was ended
 */
export async function runPipeline(
  programs: readonly PipelineProgram[],
  outputFile: string | undefined,
  { signal, ledger, nice, onStart }: ProgramContext,
): Promise<void> {
  // By its descriptor: execa would write a file of that name itself, and every byte would pass through this process.
  const output = outputFile === undefined ? undefined : await open(outputFile, 'w');
  const failure = new AbortController();
  let failureTimer: NodeJS.Timeout | undefined;
  try {
    signal.throwIfAborted();
    const running = startAll(programs, output?.createWriteStream() ?? 'ignore', nice);
    const endings = running.map(async ({ program, said, child }, index): Promise<Ended> => {
      const result = await superviseGroup(child, {
        signal: AbortSignal.any([signal, failure.signal]),
        ...(ledger && { ledger }),
        ...(index === 0 && onStart && { onStart }),
      });
      const wasEndedByUs = failure.signal.aborted;
      if (result?.failed) failureTimer ??= setTimeout(() => failure.abort(), FAILURE_GRACE);
      return { program, result, said, wasEndedByUs };
    });
    const ended = await Promise.all(endings);
    signal.throwIfAborted();
    const fault = findFirstFault(ended);
    if (fault) throw fault;
  } finally {
    clearTimeout(failureTimer);
    await output?.close();
  }
}

/**
 * Starts all programs in one go: between two starts this process would begin to read what the first one writes for the
 * second one.
 */
function startAll(
  programs: readonly PipelineProgram[],
  output: 'ignore' | Writable,
  nice: number | undefined,
) {
  let previous: Readable | undefined;
  return programs.map((program, index) => {
    const said: string[] = [];
    const isLast = index === programs.length - 1;
    const child = execa(...commandOf(program, nice), {
      ...environmentOf(program),
      detached: true,
      reject: false,
      stdio: [
        previous ?? 'ignore',
        isLast ? output : 'pipe',
        keepLastLines(said, program.onSaid),
        ...secretOf(program),
      ],
      buffer: false,
    });
    // The child has its own hold on it; ours would keep the one that writes from learning that its reader is gone.
    previous?.destroy();
    previous = child.stdout ?? undefined;
    return { program, said, child };
  });
}

function findFirstFault(ended: readonly Ended[]): OperationError | undefined {
  const judged = ended.map((one) => ({ ...one, fault: findFault(one) })).filter(({ fault }) => fault);
  const lostItsReader = ({ result, said }: Ended) =>
    result?.signal === 'SIGPIPE' ||
    result?.exitCode === SCRIPT_WITHOUT_READER ||
    said.some((line) => WITHOUT_READER.test(line));
  const hasOwnFault = (one: Ended) => !one.wasEndedByUs && !lostItsReader(one);
  return (judged.find(hasOwnFault) ?? judged[0])?.fault;
}

function findFault({ program, result, said }: Ended): OperationError | undefined {
  if (!result) return undefined;
  return (
    program.findFault?.(said.join('\n'), result.failed) ??
    (result.failed ? describeFailure(basename(program.file), result, said) : undefined)
  );
}
