import type { Inventory } from '../model/inventory.js';

/** How much there is of something. */
export interface Amount {
  rows: number;
  /** Of the data as dumped. */
  bytes: number;
}

/** What one backup of a database holds, as far as it is compared with others. */
export interface Contents extends Amount {
  /** By schema and name, for people: `public.traces`. The partitions of a table count as that table. */
  tables: Map<string, Amount>;
}

type Counted = Pick<Inventory, 'tables' | 'largeObjects' | 'partitionedTables' | 'excludedTables'>;
type TableName = Inventory['excludedTables'][number];

const nameOf = ({ schema, name }: TableName) => `${schema}.${name}`;

const isPartOf = (parent: string, name: string) =>
  name.startsWith(parent) && !/^\p{Letter}/u.test(name.slice(parent.length));

/**
 * Counts what backups of the same database hold, so that they can be compared.
 *
 * Partitions come and go, so they are counted as the table that they belong to. Of that an inventory says nothing: what
 * begins with the name of a partitioned table is taken for a part of it, as it is with pg_partman and by general custom. A
 * table that the newest backup leaves out is not counted in any.
 *
 * @param inventories - newest first
 */
export function countContents(inventories: readonly Counted[]): Contents[] {
  const partitioned = inventories.flatMap(({ partitionedTables = [] }) => partitionedTables);
  const parents = [...new Set(partitioned.map(nameOf))].sort((a, b) => b.length - a.length);
  const excluded = new Set(inventories[0]?.excludedTables.map(nameOf));
  return inventories.map((inventory) => {
    const tables = new Map<string, Amount>();
    for (const table of inventory.tables) {
      const name = nameOf(table);
      if (excluded.has(name)) continue;
      const counted = parents.find((parent) => isPartOf(parent, name)) ?? name;
      const { rows, bytes } = tables.get(counted) ?? { rows: 0, bytes: 0 };
      tables.set(counted, { rows: rows + table.rows, bytes: bytes + table.bytes });
    }
    const sum = (what: keyof Amount) => [...tables.values()].reduce((total, table) => total + table[what], 0);
    return { rows: sum('rows'), bytes: sum('bytes') + inventory.largeObjects.bytes, tables };
  });
}
