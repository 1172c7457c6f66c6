import { ApplicationFailure, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';

/** The failure that a workflow ended with, below the envelopes that Temporal puts around it. */
export async function failureOf(
  handle: Pick<WorkflowHandle, 'result'>,
): Promise<{ type: string; message: string }> {
  const error: unknown = await handle.result().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowFailedError))
    throw new Error('The workflow did not fail.', { cause: error });
  let cause: Error | undefined = error;
  while (cause?.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof ApplicationFailure))
    throw new Error('The workflow failed untyped.', { cause: error });
  return { type: cause.type ?? '', message: cause.message };
}
