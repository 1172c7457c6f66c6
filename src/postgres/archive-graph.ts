import type { TableName } from '../model/compare-inventories.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';

/** What an entry of an archive is, as far as choosing what is restored must know. */
export type EntryKind = 'table' | 'table data' | 'partition' | 'large object' | 'made of data' | 'other';

/**
 * The passes in which an archive is restored: all but the rest; privileges, and materialized views, which may need them;
 * event triggers, which refreshing a view would fire.
 */
export const restorePasses = ['main', 'privileges', 'event triggers'] as const;
export type RestorePass = (typeof restorePasses)[number];

/** One entry of an archive's table of contents, with the entries that must be there before it. */
export interface GraphEntry {
  dumpId: number;
  kind: EntryKind;
  pass: RestorePass;
  /** Some may be of no entry of the archive. */
  dependencies: readonly number[];
}

const ENTRY = /^(\d+); (\d+) \d+ (.*)$/;
const DEPENDENCIES = /^;\tdepends on:((?: \d+)+)$/;
/** The oid of `pg_class`, which the list gives with the definition of each relation. */
const PG_CLASS = '1259';
const NONE: readonly number[] = [];

/** Descriptions stand before the names and are never quoted; where one begins like another the catalogue tells. */
function describe(catalogue: string, rest: string): EntryKind {
  if (catalogue === PG_CLASS) return rest.startsWith('TABLE ') ? 'table' : 'other';
  if (rest.startsWith('TABLE DATA ')) return 'table data';
  if (rest.startsWith('TABLE ATTACH ')) return 'partition';
  if (rest.startsWith('BLOB')) return 'large object';
  return /^(FK CONSTRAINT|MATERIALIZED VIEW DATA) /.test(rest) ? 'made of data' : 'other';
}

const PRIVILEGES = /^((DEFAULT )?ACL|MATERIALIZED VIEW DATA) /;
/** A dash stands for no schema, which event triggers have. */
const EVENT_TRIGGER = /^(EVENT TRIGGER|(COMMENT|SECURITY LABEL) - EVENT TRIGGER) /;

/**
 * As pg_restore has it (`_tocEntryRestorePass`), but that it makes event triggers and refreshes views in one, in the order
 * of the archive: a trigger that keeps a log of what is done would keep that too, and one that forbids it would forbid it.
 */
function passOf(rest: string): RestorePass {
  if (EVENT_TRIGGER.test(rest)) return 'event triggers';
  return PRIVILEGES.test(rest) ? 'privileges' : 'main';
}

/** Reads lines of `pg_restore --list --verbose` as they come, into `entries`. */
export function collectGraph(): { entries: GraphEntry[]; onLine: (line: string) => void } {
  const entries: GraphEntry[] = [];
  const onLine = (line: string) => {
    const dependencies = DEPENDENCIES.exec(line)?.[1];
    if (dependencies) entries.at(-1)!.dependencies = dependencies.trim().split(' ').map(Number);
    const [, dumpId, catalogue, rest] = ENTRY.exec(line) ?? [];
    if (!dumpId) return;
    const kind = describe(catalogue!, rest!);
    // Of the text nothing is kept: there may be an entry for each of a million large objects.
    entries.push({ dumpId: Number(dumpId), kind, pass: passOf(rest!), dependencies: NONE });
  };
  return { entries, onLine };
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
  return list(pgRestore, ['--verbose', archive], context);
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
  const entries = await list(pgRestore, [`--schema=${schema}`, `--table=${name}`, archive], context);
  return entries.find(({ kind }) => kind === 'table')?.dumpId;
}

async function list(pgRestore: string, args: string[], context: ProgramContext): Promise<GraphEntry[]> {
  const { entries, onLine } = collectGraph();
  await runProgram({ file: pgRestore, args: ['--list', ...args], onLine }, context);
  return entries;
}
