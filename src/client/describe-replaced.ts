/** Says where the database is that was replaced, and how it is put back; nothing where none was. */
export function describeReplaced(replaced: { database: string; undo: string } | undefined): string[] {
  if (!replaced) return [];
  return [
    `What was there before is kept as ${replaced.database}. To undo the swap:`,
    `  ${replaced.undo}`,
    'When it is no longer needed, drop it.',
  ];
}
