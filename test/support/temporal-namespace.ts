import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { TemporalServer } from '../../tools/servers/temporal.js';

/** A namespace of one's own on a development server, which has it at once: systems that share the server never meet. */
export async function makeNamespace<T extends TemporalServer>(temporal: T): Promise<T> {
  const namespace = `test-${crypto.randomUUID()}`;
  const connection = await Connection.connect({ address: temporal.address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
  } finally {
    await connection.close();
  }
  return { ...temporal, namespace };
}
