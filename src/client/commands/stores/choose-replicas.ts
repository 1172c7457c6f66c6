import type { Configuration } from '../../../config/schema.js';
import { OperationError } from '../../../model/failures.js';
import { nameOfStore } from '../../../model/store-configuration.js';

/**
 * The names of the stores that are copies of the primary, or of the one that is asked for.
 *
 * @throws OperationError `InvalidConfiguration` when there are none, `InvalidArgument` when the one is none of them
 */
export function chooseReplicas({ stores }: Configuration, wanted: string | undefined): string[] {
  const [primary, ...replicas] = stores.map(nameOfStore) as [string, ...string[]];
  if (replicas.length === 0)
    throw new OperationError(
      'InvalidConfiguration',
      `backups.yaml has one store only, "${primary}", and nothing is copied from it; add another one under "stores".`,
    );
  if (wanted === undefined) return replicas;
  if (replicas.includes(wanted)) return [wanted];
  const fault =
    wanted === primary
      ? `Store "${wanted}" is the primary, which the others are copies of`
      : `Store "${wanted}" is not configured`;
  throw new OperationError('InvalidArgument', `${fault}; use one of: ${replicas.join(', ')}.`);
}
