import { onScratchServer, type RungContext, type Scratch } from './scratch-step.js';

/**
 * Makes the scratch server and proves that it serves.
 *
 * @throws OperationError `ProgramFailed` with what PostgreSQL says
 */
export async function bootScratch(scratch: Scratch, context: RungContext): Promise<void> {
  await onScratchServer(scratch, context, () => Promise.resolve());
}
