import { isGrpcServiceError, NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/client';
import { OperationError, type FailureType } from '../model/failures.js';

/** gRPC status → what an operator can do about it. @see https://grpc.io/docs/guides/status-codes/ */
const byStatus: Record<number, [type: FailureType, remedy: string]> = {
  4: ['ServerUnreachable', 'check that it runs, and TEMPORAL_ADDRESS'],
  7: ['PermissionDenied', 'check the rights of TEMPORAL_API_KEY or of the client certificate'],
  14: ['ServerUnreachable', 'check that it runs, and TEMPORAL_ADDRESS'],
  16: ['AuthenticationFailed', 'check TEMPORAL_API_KEY or the client certificate'],
};

/** What the server says with status 5, NOT_FOUND, where the SDK does not make it a NamespaceNotFoundError. */
const NO_NAMESPACE = /^Namespace \S+ is not found/;

/** The gRPC error below the envelopes that the SDK puts around it: its status, and what the server says. */
function findGrpcError(error: unknown): { code: number; text: string } | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause)
    // A worker's native connection has no details; a client's connection puts the status before its message.
    if (isGrpcServiceError(inner))
      return { code: Number(inner.code), text: (inner.details || inner.message).replace(/\.$/, '') };
  return undefined;
}

/** An error of Temporal's client as one that an operator can act on; others unchanged. */
export function explainTemporalError(
  error: unknown,
  { address, namespace }: { address: string; namespace: string },
): unknown {
  const grpc = findGrpcError(error);
  if (error instanceof NamespaceNotFoundError || NO_NAMESPACE.test(grpc?.text ?? ''))
    return new OperationError(
      'InvalidArgument',
      `Temporal at ${address} has no namespace "${namespace}"; set TEMPORAL_NAMESPACE.`,
      { cause: error },
    );
  if (error instanceof WorkflowNotFoundError)
    return new OperationError(
      'InvalidArgument',
      `Namespace "${namespace}" has no workflow "${error.workflowId}"; check the id, "temporal workflow list" shows them.`,
      { cause: error },
    );
  if (!grpc) return error;
  const [type, remedy] = byStatus[grpc.code] ?? ['Unexpected', 'see the log of the Temporal server'];
  return new OperationError(type, `Temporal at ${address} answered: ${grpc.text}; ${remedy}.`, {
    cause: error,
  });
}
