/** A word for a shell: as it is where that is safe, else in quotes. */
export function shellWord(word: string): string {
  return /^[\w.@%+=:,/][\w.@%+=:,/-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
