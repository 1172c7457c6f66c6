import { forgetChild, KILL_PATIENCE, recordChild, signalGroup } from './child-ledger.js';
import type { ProgramContext } from './run-program.js';

/** How long a program may take to end by itself after SIGTERM, in milliseconds. */
const TERMINATION_GRACE = 5000;

/**
 * Waits for a child that leads its own process group to end, with its group in the ledger meanwhile. An aborted signal
 * ends the group; what the child leaves behind in it is ended as well.
 *
 * @returns how the child ended, or undefined when the kernel does not let it go: then it stays in the ledger
 */
export async function superviseGroup<Ended>(
  child: PromiseLike<Ended> & { pid?: number | undefined },
  { signal, ledger, onStart }: ProgramContext,
): Promise<Ended | undefined> {
  const { pid } = child;
  if (pid === undefined) return child;
  let timer: NodeJS.Timeout | undefined;
  let isAbandoned = false;
  let abandon = () => undefined as void;
  const abandoned = new Promise<undefined>((resolve) => {
    abandon = () => {
      isAbandoned = true;
      resolve(undefined);
    };
  });
  const endGroup = () => {
    signalGroup(pid, 'SIGTERM');
    timer = setTimeout(() => {
      signalGroup(pid, 'SIGKILL');
      timer = setTimeout(abandon, KILL_PATIENCE);
    }, TERMINATION_GRACE);
  };
  signal.addEventListener('abort', endGroup, { once: true });
  try {
    if (ledger) recordChild(ledger, pid);
    onStart?.(pid);
    return await Promise.race([child, abandoned]);
  } finally {
    signal.removeEventListener('abort', endGroup);
    clearTimeout(timer);
    if (!isAbandoned) {
      signalGroup(pid, 'SIGKILL');
      if (ledger) await forgetChild(ledger, pid);
    }
  }
}
