/**
 * How one database is made. It grows by units: one thing (a trace, a task, a user) with everything that hangs on it.
 * All SQL runs as the owner.
 */
export interface SeededDatabase {
  name: string;
  owner: string;
  /** Its part of the whole, 0 to 1. */
  share: number;
  /** How much one unit adds to an uncompressed dump, measured. */
  bytesPerUnit: number;
  /** Makes types and tables, with the rows that are there at any size. */
  schema: string;
  /** Each inserts the rows of the units from $1 to $2. */
  loads: readonly string[];
  /** Makes indexes, constraints, views and triggers once the rows are in. */
  finish: string;
}
