import { readFile } from 'node:fs/promises';
import { OperationError } from '../model/failures.js';
import { rememberSecret } from '../observability/redaction.js';

/**
 * Reads a secret from its file, without the line break that editors put behind it, and remembers it for redaction.
 *
 * @param what - what it is, for the message
 * @throws OperationError `InvalidConfiguration` when the file cannot be read or is empty
 */
export async function readSecret(file: string, what: string): Promise<string> {
  let secret: string;
  try {
    secret = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new OperationError(
      'InvalidConfiguration',
      `The ${what} cannot be read from ${file} (${(cause as NodeJS.ErrnoException).code}); create it, readable by this user.`,
      { cause },
    );
  }
  if (secret === '')
    throw new OperationError('InvalidConfiguration', `The ${what} in ${file} is empty; write it there.`);
  rememberSecret(secret);
  return secret;
}
