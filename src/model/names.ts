/**
 * Percent-encodes a database or server name for use as one segment of a key or path.
 *
 * PostgreSQL allows any character but NUL in a name, so slashes, quotes, spaces and `..` all occur. What is left
 * unescaped here (`A-Z a-z 0-9 - _ .` except a leading dot) means the same to every file system, shell and store.
 */
export function encodeName(name: string): string {
  return encodeURIComponent(name)
    .replace(/[!'()*~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/^\./, '%2E');
}

/** Undoes {@link encodeName}. Throws `URIError` when `segment` was not made by it. */
export function decodeName(segment: string): string {
  return decodeURIComponent(segment);
}

/** `YYYYMMDD_HHMMSS` in UTC. */
export function formatTime(time: Date): string {
  const digits = time.toISOString().replace(/[-:]/g, '');
  return `${digits.slice(0, 8)}_${digits.slice(9, 15)}`;
}

/** The id of a backup: `<database>_<YYYYMMDD>_<HHMMSS>`, the database's name percent-encoded, the time in UTC. */
export function makeBackupId(name: string, time: Date): string {
  return `${encodeName(name)}_${formatTime(time)}`;
}

/** What {@link makeBackupId} put into an id, or `undefined` when `id` is not one. */
export function parseBackupId(id: string): { name: string; time: Date } | undefined {
  const match = /^(.+)_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/.exec(id);
  if (!match) return undefined;
  const [, name, year, month, day, hour, minute, second] = match;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time.getTime())) return undefined;
  try {
    const decoded = decodeName(name!);
    // A date such as 31 February, or a name encoded in another way, would otherwise stand for a different id.
    return makeBackupId(decoded, time) === id ? { name: decoded, time } : undefined;
  } catch {
    return undefined;
  }
}
