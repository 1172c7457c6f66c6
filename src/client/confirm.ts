import { createInterface } from 'node:readline/promises';
import { OperationError } from '../model/failures.js';
import { say } from './output.js';

/**
 * Asks before something is destroyed; anything but yes means no, and so do Ctrl-C and Ctrl-D.
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
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error; // Ctrl-C, Ctrl-D
    say(''); // the cursor is still behind the question
    return false;
  } finally {
    terminal.close();
  }
}
