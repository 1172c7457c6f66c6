import { OperationError } from '../model/failures.js';

/** What is said when Temporal does not answer at `address`. */
export function temporalUnreachable(address: string, cause: unknown): OperationError {
  return new OperationError(
    'ServerUnreachable',
    `Temporal at ${address} cannot be reached; check that it runs, and TEMPORAL_ADDRESS.`,
    { cause },
  );
}
