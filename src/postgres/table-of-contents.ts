import { runProgram, type ProgramContext } from '../programs/run-program.js';

/** One entry of an archive's table of contents. */
export interface ArchiveEntry {
  dumpId: number;
  /** The object's oid in the database that was dumped. */
  oid: number;
  /** e.g. `TABLE DATA`, `SEQUENCE SET`. */
  description: string;
}

const descriptions = ['TABLE DATA', 'SEQUENCE SET', 'BLOBS', 'BLOB METADATA', 'BLOB'];

/**
 * Lists the data entries of an archive.
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
  const list = await runProgram({ file: pgRestore, args: ['--list', archive] }, context);
  const entries: ArchiveEntry[] = [];
  for (const line of list.split('\n')) {
    const match = /^(\d+); (\d+) (\d+) (.*)$/.exec(line);
    if (!match) continue;
    const description = descriptions.find((candidate) => match[4]!.startsWith(`${candidate} `));
    if (description) entries.push({ dumpId: Number(match[1]), oid: Number(match[3]), description });
  }
  return entries;
}
