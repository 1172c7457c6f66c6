import Table from 'cli-table3';
import prettyBytes from 'pretty-bytes';

/** Prints one JSON document on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints a line on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Says something to the person at the terminal: on standard error, so that standard output stays what was asked for. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Columns two spaces apart and nothing else, so that a table can be read by `awk` too. */
const borderless = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ mid: '', 'mid-mid': '', 'left-mid': '', 'right-mid': '' },
  ...{ left: '', right: '', middle: '  ' },
};

/** Renders a table; a column whose head starts with `>` is set to the right. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: head.map((text) => text.replace(/^>/, '')),
    colAligns: head.map((text) => (text.startsWith('>') ? 'right' : 'left')),
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().replace(/ +$/gm, '');
}

/** A number of things: `1 backup`, `3 backups`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Bytes for people: `12.3 MB`. */
export const formatBytes = (bytes: number): string => prettyBytes(bytes);

const UNITS: readonly [name: string, seconds: number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
];

/** An age for people, in its largest unit that is at least two, rounded down: `47 h`, `3 d`, `90 min`. */
export function formatAge(seconds: number): string {
  const [name, size] = UNITS.find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1];
  return `${Math.max(0, Math.floor(seconds / size))} ${name}`;
}

/** A moment for people: `2026-11-24 02:00:00 UTC`. */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
