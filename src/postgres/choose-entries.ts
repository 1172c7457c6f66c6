import type { GraphEntry } from './archive-graph.js';

/**
 * Chooses of an archive what restores single tables whole: their partitions, their data, their sequences, indexes and
 * constraints, and everything of the database that needs no other table, such as types and functions.
 *
 * A table that the definition of a chosen one needs (a parent, the type of a column) is made, and stays empty. So what is
 * computed from data, a foreign key or the rows of a materialized view, is restored only when all its tables are chosen.
 * Large objects belong to no table, and are left out.
 *
 * @param chosen - dump ids of the tables
 * @returns entries in the archive's order
 */
export function chooseEntries(entries: readonly GraphEntry[], chosen: Iterable<number>): GraphEntry[] {
  const graph = new Map(entries.map((entry) => [entry.dumpId, entry]));
  const filled = withPartitions(entries, graph, new Set(chosen));
  const made = reach(graph, filled);
  const isLeftOut = ({ dumpId, kind, dependencies }: GraphEntry): boolean => {
    if (kind === 'table') return !made.has(dumpId);
    if (kind === 'table data') return !dependencies.some((id) => filled.has(id));
    return kind === 'large object';
  };
  const isLacking = (entry: GraphEntry) => find(graph, reach(graph, [entry.dumpId])).some(isLeftOut);
  // What the definition of a table needs holds none of its rows.
  const isHollow = ({ dumpId, kind }: GraphEntry) =>
    kind === 'made of data' &&
    find(graph, reach(graph, [dumpId], isTable)).some((entry) => isTable(entry) && !filled.has(entry.dumpId));
  return entries.filter((entry) => !isLacking(entry) && !isHollow(entry));
}

type Graph = ReadonlyMap<number, GraphEntry>;

const isTable = ({ kind }: GraphEntry) => kind === 'table';

/** The tables with all their partitions, and the partitions of those. */
function withPartitions(entries: readonly GraphEntry[], graph: Graph, tables: Set<number>): Set<number> {
  // An ATTACH needs both tables; the partition is the one that needs the other.
  const pairs = entries
    .filter(({ kind }) => kind === 'partition')
    .flatMap(({ dependencies: [one, other] }) =>
      graph.get(other!)?.dependencies.includes(one!)
        ? { partition: other!, parent: one! }
        : { partition: one!, parent: other! },
    );
  const all = new Set(tables);
  // A set hands out what is added while it is gone through.
  for (const table of all) {
    for (const { partition, parent } of pairs) if (parent === table) all.add(partition);
  }
  return all;
}

/** The entries of `from` and all that they need, directly or not; what an end needs is not looked at. */
function reach(
  graph: Graph,
  from: Iterable<number>,
  isEnd: (entry: GraphEntry) => boolean = () => false,
): Set<number> {
  const reached = new Set(from);
  for (const id of reached) {
    const entry = graph.get(id);
    if (!entry || isEnd(entry)) continue;
    for (const dependency of entry.dependencies) reached.add(dependency);
  }
  return reached;
}

function find(graph: Graph, ids: Iterable<number>): GraphEntry[] {
  return [...ids].flatMap((id) => graph.get(id) ?? []);
}
