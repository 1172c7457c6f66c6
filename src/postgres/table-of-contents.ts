import { runProgram, type ProgramContext } from '../programs/run-program.js';

/** One entry of an archive's table of contents. */
export interface ArchiveEntry {
  dumpId: number;
  /** The object's oid in the database that was dumped. */
  oid: number;
  /** A table's definition, its data, a sequence's position. */
  description: 'TABLE' | 'TABLE DATA' | 'SEQUENCE SET';
}

/** The oid of `pg_class` itself, which the list gives with each relation's definition; what only carries data has 0. */
const PG_CLASS = '1259';

/** `TABLE DATA` may also be the definition of a table in a schema called `DATA`: the catalogue tells. */
function describe(catalogue?: string, kind?: string): ArchiveEntry['description'] | undefined {
  if (catalogue === PG_CLASS) return kind?.startsWith('TABLE') ? 'TABLE' : undefined;
  return kind === 'TABLE DATA' || kind === 'SEQUENCE SET' ? kind : undefined;
}

/**
 * Lists the entries of an archive for tables, their data and the positions of sequences.
 *
 * Only numbers and the description are taken from the list: names in it are not quoted, so a name with a space or a
 * line break could not be told from its neighbours. The oid names the object without doubt.
 *
 * @param pgRestore - absolute path of pg_restore
 * @param archive - the directory that pg_dump made
 */
export async function readTableOfContents(
  pgRestore: string,
  archive: string,
  context: ProgramContext,
): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  const onLine = (line: string) => {
    const [, dumpId, catalogue, oid, kind] =
      /^(\d+); (\d+) (\d+) (TABLE DATA|SEQUENCE SET|TABLE) /.exec(line) ?? [];
    const description = describe(catalogue, kind);
    if (description) entries.push({ dumpId: Number(dumpId), oid: Number(oid), description });
  };
  await runProgram({ file: pgRestore, args: ['--list', archive], onLine }, context);
  return entries;
}
