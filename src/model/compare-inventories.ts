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

// Names that hold quotes themselves must not be taken for others.
const quote = ({ schema, name }: TableName) =>
  [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
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
    ...(chosen
      ? []
      : [compareLargeObjects(wanted, found), compareExtensions(wanted, found), compareRoles(wanted, found)]),
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

type Tables = ReadonlyMap<string, TableInventory>;

function compareTables(expected: Inventory, found: Inventory, rearranged: RearrangedTables): Comparison {
  const [before, after] = [index(expected.tables), index(found.tables)];
  const excluded = index(expected.excludedTables);
  const together = index(rearranged.partitions.flatMap(({ leaves }) => leaves));
  const inheriting = index(rearranged.inheriting);
  const differences: string[] = [];
  const notes: string[] = [];
  for (const [name, was] of before) {
    const is = after.get(name);
    const difference = is ? (together.has(name) ? undefined : differ(was, is)) : 'is missing';
    if (difference === OTHER_DATA && inheriting.has(name))
      notes.push(
        `table ${name} inherits columns, which a restore may put into another order: compared by rows and bytes`,
      );
    else if (difference) differences.push(`table ${name} ${difference}`);
  }
  for (const [name, { rows }] of after) {
    if (before.has(name) || (excluded.has(name) && rows === 0)) continue;
    differences.push(`table ${name} is not in the backup`);
  }
  if (excluded.size > 0)
    notes.push(
      `the backup left out ${excluded.size} tables or their data, among them ${quote(expected.excludedTables[0]!)}`,
    );
  const moved = comparePartitions(before, after, rearranged.partitions);
  return { differences: [...differences, ...moved.differences], notes: [...notes, ...moved.notes] };
}

const OTHER_DATA = 'has as many rows and bytes, but other data';

function differ(was: TableInventory, is: TableInventory): string | undefined {
  if (was.rows !== is.rows) return `has ${is.rows} rows instead of ${was.rows}`;
  if (was.bytes !== is.bytes) return `has ${is.bytes} bytes of data instead of ${was.bytes}`;
  return was.sha256 === is.sha256 ? undefined : OTHER_DATA;
}

function comparePartitions(
  before: Tables,
  after: Tables,
  partitions: RearrangedTables['partitions'],
): Comparison {
  const differences: string[] = [];
  const notes: string[] = [];
  for (const { root, leaves } of partitions) {
    const find = (tables: Tables) => leaves.flatMap((leaf) => tables.get(quote(leaf)) ?? []);
    if (find(before).length === 0) continue;
    for (const what of ['rows', 'bytes'] as const) {
      const [was, is] = [sum(find(before), what), sum(find(after), what)];
      if (was !== is)
        differences.push(`table ${quote(root)} has ${is} ${what} in its partitions instead of ${was}`);
    }
    notes.push(
      `table ${quote(root)} is hash-partitioned by an enum, which a restore hashes anew: its partitions were compared together, by rows and bytes`,
    );
  }
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
