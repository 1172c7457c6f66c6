import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { codeOf, pages } from '../support/pages.js';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const { services } = parse(read('docker-compose.yml')) as { services: Record<string, unknown> };

/** What is wrong with the lines of a piece of shell that name files, scripts or services of this project. */
function faultsIn(code: string): string[] {
  const lines = code.replaceAll(/\\\n */g, '').split('\n');
  return lines.flatMap((line) => {
    const named = (pattern: RegExp) => [...line.matchAll(pattern)].map(([, name]) => name!);
    const files = [
      ...named(/\bsh ((?:deploy|tools)\/\S+)/g),
      ...named(/(?<=docker compose .*)-f (\S+\.ya?ml)/g),
    ];
    return [
      ...files.filter((file) => !existsSync(join(root, file))),
      ...named(/\bnpm run ([\w:-]+)/g).filter((script) => !(script in scripts)),
      ...named(/docker compose .*?\bexec (?:-\S+ )*(\S+)/g).filter((service) => !(service in services)),
    ];
  });
}

test.each(Object.keys(pages))(
  'the commands of %s name files, scripts and services that are there',
  (path) => {
    expect(codeOf(pages[path]!, 'sh', 'bash', 'text').flatMap(faultsIn)).toEqual([]);
  },
);

test.each([
  'npm run dmeo',
  'sh deploy/none.sh',
  'docker compose -f docker-compose.yml -f none.yml up',
  'docker compose exec -T wroker x',
])('"%s" does not', (line) => {
  expect(faultsIn(line)).toHaveLength(1);
});
