import { writeFile } from 'node:fs/promises';
import type { Inventory } from '../model/inventory.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';
import type { ArchiveEntry } from './table-of-contents.js';

type SequenceValue = Inventory['sequences'][number];

/** A whole statement: the name of a sequence, which stands in a comment as well, may look like one. */
const SETVAL = /^SELECT pg_catalog\.setval\('((?:[^']|'')*)', (-?\d+), (true|false)\);$/gm;
/** What a database with the old setting dumps: its backslashes are doubled. */
const OLD_STRINGS = /^SET standard_conforming_strings = off;$/m;
const IDENTIFIER = /"((?:[^"]|"")*)"|([^".]+)/g;

/** The unquoted parts of a qualified identifier such as `public."Order ids"`. */
function splitQualifiedName(text: string): [schema: string, name: string] {
  const [schema, name] = [...text.matchAll(IDENTIFIER)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
  );
  return [schema!, name!];
}

/** Reads `setval` calls as pg_dump writes them. */
export function parseSetvals(sql: string): SequenceValue[] {
  const hasOldStrings = OLD_STRINGS.test(sql);
  return [...sql.matchAll(SETVAL)].map(([, literal, lastValue, isCalled]) => {
    const unquoted = literal!.replaceAll("''", "'");
    const [schema, name] = splitQualifiedName(hasOldStrings ? unquoted.replaceAll('\\\\', '\\') : unquoted);
    return { schema, name, lastValue: lastValue!, isCalled: isCalled === 'true' };
  });
}

/**
 * The sequence positions that an archive restores. They are read from the archive, not from the server, because a
 * sequence is not part of a snapshot: on a busy server the two would differ.
 *
 * @param listFile - where to write the list that selects the entries; removed with the step's directory
 */
export async function readSequenceValues(
  pgRestore: string,
  archive: string,
  entries: readonly ArchiveEntry[],
  listFile: string,
  context: ProgramContext,
): Promise<SequenceValue[]> {
  const sequences = entries.filter(({ description }) => description === 'SEQUENCE SET');
  if (sequences.length === 0) return [];
  await writeFile(listFile, sequences.map(({ dumpId }) => `${dumpId};\n`).join(''));
  return parseSetvals(
    await runProgram({ file: pgRestore, args: [`--use-list=${listFile}`, '--file=-', archive] }, context),
  );
}
