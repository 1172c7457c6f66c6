import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import type { OperationError } from '../model/failures.js';
import { forgetChild, recordChild, signalGroup } from './child-ledger.js';
import {
  commandOf,
  describeFailure,
  environmentOf,
  keepLastLines,
  secretOf,
  TERMINATION_GRACE,
  type Ending,
  type Program,
  type ProgramContext,
} from './run-program.js';

/** One program of a pipeline: it reads what the one before writes, and the first one nothing. */
export interface PipelineProgram extends Omit<Program, 'outputFile' | 'onLine'> {
  /** Finds the fault in what it said on standard error, also where its exit code tells of none. */
  findFault?: (said: string, hasFailed: boolean) => OperationError | undefined;
}

/** What a program says, and its ending, when the next one has ended before it. */
const WITHOUT_READER = /Broken pipe|Connection reset by peer/;

interface Ended {
  program: PipelineProgram;
  result: Ending & { failed: boolean };
  said: string[];
  /** Because another had failed. */
  wasEndedByUs: boolean;
}

/**
 * Runs programs that are joined by pipes, as a shell's `a | b | c` does, to their ends. What flows between them does not
 * pass through this process. Each leads a process group and is in the ledger; when one fails, or the signal is aborted,
 * all are ended.
 *
 * @param outputFile - what the last one's standard output makes; left out where it writes files of its own
 * @param context - `onStart` gets the process id of the first program
 * @throws OperationError the fault of the first program in the row that has one of its own: not of one that only lost
 * its reader, or was ended because another had failed
 */
export async function runPipeline(
  programs: readonly PipelineProgram[],
  outputFile: string | undefined,
  { signal, ledger, nice, onStart }: ProgramContext,
): Promise<void> {
  signal.throwIfAborted();
  const running = startAll(programs, outputFile === undefined ? 'ignore' : { file: outputFile }, nice);
  let isEnding = false;
  let killTimer: NodeJS.Timeout | undefined;
  const endAll = () => {
    if (isEnding) return;
    isEnding = true;
    for (const { pid } of running) if (pid !== undefined) signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => {
      for (const { pid } of running) if (pid !== undefined) signalGroup(pid, 'SIGKILL');
    }, TERMINATION_GRACE);
  };
  signal.addEventListener('abort', endAll, { once: true });
  try {
    if (running[0]?.pid !== undefined) onStart?.(running[0].pid);
    if (ledger) for (const { pid } of running) if (pid !== undefined) await recordChild(ledger, pid);
    const ended = await Promise.all(
      running.map(async ({ program, said, child }): Promise<Ended> => {
        const result = await child;
        const wasEndedByUs = isEnding;
        if (result.failed) endAll();
        return { program, result, said, wasEndedByUs };
      }),
    );
    signal.throwIfAborted();
    const fault = findFirstFault(ended);
    if (fault) throw fault;
  } finally {
    signal.removeEventListener('abort', endAll);
    clearTimeout(killTimer);
    for (const { pid } of running) {
      if (pid === undefined) continue;
      signalGroup(pid, 'SIGKILL');
      if (ledger) await forgetChild(ledger, pid);
    }
  }
}

/**
 * Starts all programs in one go: between two starts this process would begin to read what the first one writes for the
 * second one.
 */
function startAll(
  programs: readonly PipelineProgram[],
  output: 'ignore' | { file: string },
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
      stdio: [previous ?? 'ignore', isLast ? output : 'pipe', keepLastLines(said), ...secretOf(program)],
      buffer: false,
    });
    // The child has its own hold on it; ours would keep the one that writes from learning that its reader is gone.
    previous?.destroy();
    previous = child.stdout ?? undefined;
    return { program, said, child, pid: child.pid };
  });
}

function findFirstFault(ended: readonly Ended[]): OperationError | undefined {
  const judged = ended.map((one) => ({ ...one, fault: findFault(one) })).filter(({ fault }) => fault);
  const hasOwnFault = ({ wasEndedByUs, result, said }: Ended) =>
    !wasEndedByUs && result.signal !== 'SIGPIPE' && !said.some((line) => WITHOUT_READER.test(line));
  return (judged.find(hasOwnFault) ?? judged[0])?.fault;
}

function findFault({ program, result, said }: Ended): OperationError | undefined {
  return (
    program.findFault?.(said.join('\n'), result.failed) ??
    (result.failed ? describeFailure(basename(program.file), result, said) : undefined)
  );
}
