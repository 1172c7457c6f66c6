import { runProgram, type ProgramContext } from '../programs/run-program.js';

/** One entry of an archive's table of contents. */
export interface ArchiveEntry {
  dumpId: number;
  /** The object's oid in the database that was dumped. */
  oid: number;
  description: 'TABLE DATA' | 'SEQUENCE SET';
}

/**
 * Lists the entries of an archive that carry the data of a table or the position of a sequence.
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
    const [, dumpId, oid, description] = /^(\d+); \d+ (\d+) (TABLE DATA|SEQUENCE SET) /.exec(line) ?? [];
    if (description !== undefined)
      entries.push({
        dumpId: Number(dumpId),
        oid: Number(oid),
        description: description as ArchiveEntry['description'],
      });
  };
  await runProgram({ file: pgRestore, args: ['--list', archive], onLine }, context);
  return entries;
}
