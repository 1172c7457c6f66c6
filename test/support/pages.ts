import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** The pages that people read, by their paths from the project's root. */
export const pages: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/RESULTS.md'],
    ...readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ].map((path) => [path, readFileSync(join(root, path), 'utf8')]),
);

/** A page without its blocks of code. */
export const withoutCode = (page: string): string => page.replaceAll(/^( *)```[^]*?^\1```$/gm, '');

/** The blocks of code of a page in some languages. */
export function codeOf(page: string, ...languages: string[]): string[] {
  return [...page.matchAll(/^( *)```(\w*)\n([^]*?)^\1```$/gm)]
    .filter(([, , language]) => languages.includes(language!))
    .map(([, indent, , code]) => code!.replaceAll(new RegExp(`^${indent!}`, 'gm'), ''));
}
