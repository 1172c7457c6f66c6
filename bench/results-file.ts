import { readFile, writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import { describeMachine } from './describe-machine.js';

const file = new URL('RESULTS.md', import.meta.url);

const preamble = `# Benchmark results

Written by \`npm run bench\`, each section by one run of its command; nothing here is copied from elsewhere.
`;

/**
 * Writes the section of one benchmark into RESULTS.md, in place of its last one; those of others stay.
 *
 * @param name the benchmark's name, as on the command line
 * @param command what was run
 * @param body Markdown without headings of the first two levels
 */
export async function writeResults(name: string, command: string, body: string): Promise<void> {
  const heading = `## ${name}\n`;
  const before = await readFile(file, 'utf8').catch(() => preamble);
  const [start = '', ...sections] = before.split(/^(?=## )/m);
  const machine = (await describeMachine()).map((line) => `- ${line}\n`);
  const date = new Date().toISOString().slice(0, 10);
  const section = `${heading}\n\`${command}\`, ${date}, on\n\n${machine.join('')}\n${body.trim()}\n`;
  const others = sections.filter((other) => !other.startsWith(heading)).map((other) => `${other.trim()}\n`);
  const text = [`${start.trim()}\n`, ...[...others, section].sort()].join('\n');
  await writeFile(file, await format(text, { parser: 'markdown' }));
  console.log(`Written to bench/RESULTS.md, section ${name}`);
}

/** A Markdown table; the first row is its head, all columns but the first are aligned right. */
export function renderTable([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head!.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(head!), line(rule), ...rows.map(line)].join('\n');
}
