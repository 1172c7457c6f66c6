import type { Inventory, TableInventory } from './inventory.js';

/** A table by its name, not quoted. */
export interface TableName {
  schema: string;
  name: string;
}

/** Tables whose rows a restore arranges anew, so that they can't be compared by their digests. */
export interface RearrangedTables {
  /**
   * Leaf partitions between which rows move: hash-partitioned by an enum, whose values are hashed by their oids. pg_dump
   * knows, and loads them through their root.
   */
  partitions: { root: TableName; leaves: TableName[] }[];
  /** Tables that inherit columns, whose order may be another afterwards. */
  inheriting: TableName[];
}

/** What {@link compareInventories} found. */
export interface Comparison {
  /** What is not as it was: each a short sentence. Empty when the restored database is what was backed up. */
  differences: string[];
  /** What is no fault of the backup, or could not be compared exactly and how it was compared instead. */
  notes: string[];
}

/** In a message that Temporal keeps. */
const DIFFERENCES_SHOWN = 5;

const quote = ({ schema, name }: TableName) => `"${schema}"."${name}"`;
const index = <T extends TableName>(all: readonly T[]) => new Map(all.map((each) => [quote(each), each]));
const sum = (tables: readonly TableInventory[], what: 'rows' | 'bytes') =>
  tables.reduce((total, table) => total + table[what], 0);

/**
 * Compares what a restored database holds with what its backup says.
 *
 * Roles are no difference: pg_restore has granted everything or failed, and an extension belongs to whoever restores it.
 * Nor is the version of an extension: a server installs the one that it has.
 *
 * @param expected - the manifest's inventory
 * @param found - the one taken of the restored database
 * @param options - `tables` when only these were restored
 */
export function compareInventories(
  expected: Inventory,
  found: Inventory,
  { rearranged, tables }: { rearranged: RearrangedTables; tables?: readonly TableName[] | undefined },
): Comparison {
  const chosen = tables && new Set(tables.map(quote));
  const wanted = chosen ? only(expected, chosen) : expected;
  const parts = [
    compareTables(wanted, chosen ? only(found, chosen) : found, rearranged),
    compareSequences(wanted, found, chosen === undefined),
    // Large objects belong to no table.
    ...(chosen ? [] : [compareLargeObjects(wanted, found), compareRoles(wanted, found)]),
    ...(chosen ? [] : [compareExtensions(wanted, found)]),
  ];
  return {
    differences: parts.flatMap(({ differences }) => differences),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

function only(inventory: Inventory, chosen: ReadonlySet<string>): Inventory {
  return {
    ...inventory,
    tables: inventory.tables.filter((table) => chosen.has(quote(table))),
    excludedTables: [],
  };
}

/** The first of some differences as part of a sentence. */
export function describeDifferences(differences: readonly string[], shown = DIFFERENCES_SHOWN): string {
  const more = differences.length - shown;
  return differences.slice(0, shown).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function compareTables(expected: Inventory, found: Inventory, rearranged: RearrangedTables): Comparison {
  const [before, after] = [index(expected.tables), index(found.tables)];
  const excluded = index(expected.excludedTables);
  const together = index(rearranged.partitions.flatMap(({ leaves }) => leaves));
  const inheriting = index(rearranged.inheriting);
  const differences: string[] = [];
  const notes: string[] = [];
  for (const [name, table] of before) {
    const other = after.get(name);
    if (!other) differences.push(`table ${name} is missing`);
    else if (together.has(name)) continue;
    else if (table.rows !== other.rows)
      differences.push(`table ${name} has ${other.rows} rows instead of ${table.rows}`);
    else if (table.bytes !== other.bytes)
      differences.push(`table ${name} has ${other.bytes} bytes of data instead of ${table.bytes}`);
    else if (table.sha256 !== other.sha256 && !inheriting.has(name))
      differences.push(`table ${name} has as many rows and bytes, but other data`);
    else if (table.sha256 !== other.sha256)
      notes.push(
        `table ${name} inherits columns, which a restore may put into another order: compared by rows and bytes`,
      );
  }
  for (const [name, { rows }] of after) {
    if (before.has(name) || (excluded.has(name) && rows === 0)) continue;
    differences.push(`table ${name} is not in the backup`);
  }
  for (const { root, leaves } of rearranged.partitions) {
    const [was, is] = [before, after].map((tables) =>
      leaves.flatMap((leaf) => tables.get(quote(leaf)) ?? []),
    );
    if (was!.length === 0) continue;
    for (const what of ['rows', 'bytes'] as const) {
      if (sum(was!, what) !== sum(is!, what))
        differences.push(
          `table ${quote(root)} has ${sum(is!, what)} ${what} in its partitions instead of ${sum(was!, what)}`,
        );
    }
    notes.push(
      `table ${quote(root)} is hash-partitioned by an enum, which a restore hashes anew: its partitions were compared together, by rows and bytes`,
    );
  }
  if (excluded.size > 0)
    notes.push(
      `the backup left out ${excluded.size} tables or their data, among them ${quote(expected.excludedTables[0]!)}`,
    );
  return { differences, notes };
}

function compareSequences(expected: Inventory, found: Inventory, all: boolean): Comparison {
  const [before, after] = [index(expected.sequences), index(found.sequences)];
  const differences: string[] = [];
  for (const [name, sequence] of before) {
    const other = after.get(name);
    if (!other && all) differences.push(`sequence ${name} is missing`);
    if (other && (other.lastValue !== sequence.lastValue || other.isCalled !== sequence.isCalled))
      differences.push(
        `sequence ${name} is at ${describePosition(other)} instead of ${describePosition(sequence)}`,
      );
  }
  for (const name of after.keys()) {
    if (!before.has(name)) differences.push(`sequence ${name} is not in the backup`);
  }
  return { differences, notes: [] };
}

function describePosition({ lastValue, isCalled }: Inventory['sequences'][number]): string {
  return isCalled ? lastValue : `${lastValue} (not used yet)`;
}

function compareLargeObjects(expected: Inventory, found: Inventory): Comparison {
  const [was, is] = [expected.largeObjects, found.largeObjects];
  const differences =
    was.count !== is.count
      ? [`there are ${is.count} large objects instead of ${was.count}`]
      : was.sha256 !== is.sha256
        ? [`the ${was.count} large objects hold other data (${is.bytes} bytes, in the backup ${was.bytes})`]
        : [];
  return { differences, notes: [] };
}

function compareRoles(expected: Inventory, found: Inventory): Comparison {
  const lost = expected.roles.filter((role) => !found.roles.includes(role));
  return {
    differences: [],
    notes: lost.map((role) => `role "${role}" owned an extension at most, and owns nothing here`),
  };
}

function compareExtensions(expected: Inventory, found: Inventory): Comparison {
  const after = new Map(found.extensions.map((extension) => [extension.name, extension]));
  const differences: string[] = [];
  const notes: string[] = [];
  for (const { name, version, schema } of expected.extensions) {
    const other = after.get(name);
    if (!other) differences.push(`extension "${name}" is missing`);
    else if (other.schema !== schema)
      differences.push(`extension "${name}" is in schema "${other.schema}" instead of "${schema}"`);
    else if (other.version !== version)
      notes.push(`extension "${name}" is ${other.version} on this server, and was ${version}`);
  }
  return { differences, notes };
}
