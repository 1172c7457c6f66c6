/** Text on one line that means nothing to Markdown. */
export const plain = (text: string) => text.replace(/[\\|`*<[]/g, '\\$&').replace(/\s+/g, ' ');

/** A table; the first row is its head. */
export const table = (rows: string[][]): string[] => {
  const [head, ...body] = rows.map((row) => `| ${row.join(' | ')} |`);
  return [head!, `|${' --- |'.repeat(rows[0]!.length)}`, ...body];
};

/** Bytes, for people. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes === 0 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** A duration in seconds, for people. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
