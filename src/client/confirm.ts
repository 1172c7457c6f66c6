import { createInterface } from 'node:readline/promises';
import { OperationError } from '../model/failures.js';

/**
 * Asks before something is destroyed; anything but yes means no.
 *
 * @throws OperationError `InvalidArgument` when there is nobody to ask
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new OperationError(
      'InvalidArgument',
      'There is no terminal to ask for confirmation; add --yes to go ahead, or --dry-run to only look.',
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
