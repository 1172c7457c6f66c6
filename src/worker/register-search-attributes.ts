import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { OperationError } from '../model/failures.js';
import { searchAttributeKeys } from '../model/search-attributes.js';

/** `temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD` */
const KEYWORD = 2;
/** gRPC status codes. */
const INVALID_ARGUMENT = 3;
const ALREADY_EXISTS = 6;

/** How often the server is asked, and for how long, in milliseconds. It reads its namespaces every 10 s. */
const INTERVAL = 250;
const PATIENCE = 60_000;

const names = Object.keys(searchAttributeKeys);

/**
 * Registers the search attributes that the namespace lacks, and waits until the server accepts all of them: before, it
 * refuses workflows that set one and queries that name one.
 *
 * @throws OperationError `ServerUnreachable` when it does not accept them in time
 * @see https://docs.temporal.io/search-attribute
 */
export async function registerSearchAttributes(
  connection: NativeConnection,
  namespace: string,
): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await areAccepted(connection, namespace))) {
    if (Date.now() > deadline)
      throw new OperationError(
        'ServerUnreachable',
        `Temporal does not accept the search attributes ${names.join(', ')} in namespace ${namespace}; look at the server's log and start the worker again.`,
      );
    await addMissing(connection, namespace);
    await delay(INTERVAL);
  }
}

/** Whether a query may name all of them; a list of what is registered would not tell. */
async function areAccepted(connection: NativeConnection, namespace: string): Promise<boolean> {
  const query = names.map((name) => `${name} = 'none'`).join(' AND ');
  try {
    await connection.workflowService.countWorkflowExecutions({ namespace, query });
    return true;
  } catch (error) {
    if (isGrpcServiceError(error) && Number(error.code) === INVALID_ARGUMENT) return false;
    throw error;
  }
}

async function addMissing(connection: NativeConnection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = names.filter((name) => !(name in customAttributes));
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
  } catch (error) {
    // Another worker that starts at the same time was faster.
    if (!isGrpcServiceError(error) || Number(error.code) !== ALREADY_EXISTS) throw error;
  }
}
