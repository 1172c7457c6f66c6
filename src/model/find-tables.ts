import type { TableName } from './compare-inventories.js';
import { OperationError } from './failures.js';
import type { Inventory } from './inventory.js';

/**
 * Finds the tables that an argument names, by name or by schema and name with a dot in between. One that is partitioned
 * stands for all its partitions.
 *
 * @throws OperationError `InvalidArgument` for one that the backup does not have, or has in several schemas
 */
export function findTables(
  { tables, partitionedTables = [] }: Pick<Inventory, 'tables' | 'partitionedTables'>,
  wanted: readonly string[],
): TableName[] {
  const all: TableName[] = [...tables, ...partitionedTables];
  const chosen = wanted.map((text) => {
    const qualified = all.filter(({ schema, name }) => `${schema}.${name}` === text);
    const found = qualified.length > 0 ? qualified : all.filter(({ name }) => name === text);
    const [first, second] = found;
    if (!first)
      throw new OperationError(
        'InvalidArgument',
        `tables: the backup has no table "${text}"; "temponest-backups show" lists what it has.`,
      );
    if (second)
      throw new OperationError(
        'InvalidArgument',
        `tables: "${text}" is in several schemas (${found.map(({ schema }) => schema).join(', ')}); write schema.table.`,
      );
    return first;
  });
  return [...new Set(chosen)].map(({ schema, name }) => ({ schema, name }));
}
