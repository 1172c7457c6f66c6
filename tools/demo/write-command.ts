import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/client/main.js', import.meta.url));

/**
 * Writes a command `temponest-backups` that is this checkout's build with the environment given.
 *
 * @returns its path
 */
export async function writeCommand(
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const path = join(directory, 'temponest-backups');
  const assignments = Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  const script = `#!/bin/sh\n${assignments.join('')}exec ${quote(main)} "$@"\n`;
  await writeFile(path, script, { mode: 0o755 });
  return path;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
