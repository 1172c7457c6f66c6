import type { TableName } from '../model/compare-inventories.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';

/** What an entry of an archive is, as far as choosing single tables must know. */
export type EntryKind = 'table' | 'table data' | 'partition' | 'large object' | 'made of data' | 'other';

/** One entry of an archive's table of contents, with the entries that must be there before it. */
export interface GraphEntry {
  dumpId: number;
  kind: EntryKind;
  /** Some may be of no entry of the archive. */
  dependencies: number[];
}

const ENTRY = /^(\d+); (\d+) \d+ (.*)$/;
const DEPENDENCIES = /^;\tdepends on:((?: \d+)+)$/;
/** The oid of `pg_class`, which the list gives with the definition of each relation. */
const PG_CLASS = '1259';

/** Descriptions stand before the names and are never quoted; where one begins like another the catalogue tells. */
function describe(catalogue: string, rest: string): EntryKind {
  if (catalogue === PG_CLASS) return rest.startsWith('TABLE ') ? 'table' : 'other';
  if (rest.startsWith('TABLE DATA ')) return 'table data';
  if (rest.startsWith('TABLE ATTACH ')) return 'partition';
  if (rest.startsWith('BLOB')) return 'large object';
  return /^(FK CONSTRAINT|MATERIALIZED VIEW DATA) /.test(rest) ? 'made of data' : 'other';
}

/** Reads the lines of `pg_restore --list --verbose`. */
export function parseGraph(lines: Iterable<string>): GraphEntry[] {
  const entries: GraphEntry[] = [];
  for (const line of lines) {
    const dependencies = DEPENDENCIES.exec(line)?.[1];
    if (dependencies) entries.at(-1)!.dependencies = dependencies.trim().split(' ').map(Number);
    const [, dumpId, catalogue, rest] = ENTRY.exec(line) ?? [];
    if (dumpId) entries.push({ dumpId: Number(dumpId), kind: describe(catalogue!, rest!), dependencies: [] });
  }
  return entries;
}

/**
 * Lists all entries of an archive, and what each needs. As in {@link readTableOfContents} no name is read.
 *
 * @param pgRestore - absolute path of pg_restore
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/bin/pg_dump/pg_backup_archiver.c (PrintTOCSummary)
 */
export async function readArchiveGraph(
  pgRestore: string,
  archive: string,
  context: ProgramContext,
): Promise<GraphEntry[]> {
  return parseGraph(await list(pgRestore, ['--verbose', archive], context));
}

/**
 * The dump id of a table's definition, by its name, which pg_restore compares itself; undefined when there is none.
 */
export async function findTable(
  pgRestore: string,
  archive: string,
  { schema, name }: TableName,
  context: ProgramContext,
): Promise<number | undefined> {
  const lines = await list(pgRestore, [`--schema=${schema}`, `--table=${name}`, archive], context);
  return parseGraph(lines).find(({ kind }) => kind === 'table')?.dumpId;
}

async function list(pgRestore: string, args: string[], context: ProgramContext): Promise<string[]> {
  const lines: string[] = [];
  const onLine = (line: string) => void lines.push(line);
  await runProgram({ file: pgRestore, args: ['--list', ...args], onLine }, context);
  return lines;
}
