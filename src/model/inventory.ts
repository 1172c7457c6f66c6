import { z } from 'zod';

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One table's data as dumped: `bytes` and `sha256` are of its COPY text, which a re-dump after a restore repeats. */
const tableInventory = z.object({
  schema: z.string(),
  name: z.string(),
  rows: count,
  bytes: count,
  sha256,
});

/**
 * What a backup holds, counted in the dump itself: the yardstick of every restore and drill.
 *
 * Sequence values are strings because they span the whole of `bigint`.
 */
export const inventory = z.object({
  tables: z.array(tableInventory),
  /**
   * Tables that have no rows of their own: those of their partitions, which are among the tables. Absent from backups made
   * before this was written down.
   */
  partitionedTables: z.array(z.object({ schema: z.string(), name: z.string() })).optional(),
  /** Tables that are not in the backup, or not their data: by configuration, or because pg_dump leaves them out by itself. */
  excludedTables: z.array(z.object({ schema: z.string(), name: z.string() })),
  sequences: z.array(
    z.object({ schema: z.string(), name: z.string(), lastValue: z.string(), isCalled: z.boolean() }),
  ),
  /** `sha256` is over the sorted list of the large objects' own names and digests. */
  largeObjects: z.object({ count, bytes: count, sha256 }),
  extensions: z.array(z.object({ name: z.string(), version: z.string(), schema: z.string() })),
  /** Roles that own or may use something in the database, and so must exist where it is restored. */
  roles: z.array(z.string()),
});

export type TableInventory = z.infer<typeof tableInventory>;
export type Inventory = z.infer<typeof inventory>;

/** Bytes of the data in a dump: its tables and large objects. */
export function countDumpBytes({ tables, largeObjects }: Pick<Inventory, 'tables' | 'largeObjects'>): number {
  return tables.reduce((sum, { bytes }) => sum + bytes, largeObjects.bytes);
}
