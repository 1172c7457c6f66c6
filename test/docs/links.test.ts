import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { pages, withoutCode } from '../support/pages.js';

const root = join(import.meta.dirname, '..', '..');

/** The anchors of a page's headings, as GitHub makes them; a heading that comes again gets a number. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of withoutCode(page).matchAll(/^#+ +(.*)$/gm)) {
    const text = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const plain = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = plain;
    for (let number = 1; anchors.has(anchor); number += 1) anchor = `${plain}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}

const linksOf = (page: string) =>
  [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target));

/** The links of a page that lead nowhere. */
function brokenLinks(path: string, page: string): string[] {
  return linksOf(page).filter((target) => {
    const [file, anchor] = target.split('#') as [string, string | undefined];
    const found = file === '' ? path : normalize(join(dirname(path), decodeURIComponent(file)));
    if (!existsSync(join(root, found))) return true;
    return anchor !== undefined && (pages[found] === undefined || !anchorsOf(pages[found]).has(anchor));
  });
}

test.each(Object.keys(pages))('every link of %s leads somewhere', (path) => {
  expect(brokenLinks(path, pages[path]!)).toEqual([]);
});

test('a link to a file or a heading that is not there is noticed', () => {
  const page = '# A b\n[1](docs/none.md) [2](#a-b) [3](#c) [4](README.md#no-such) [5](https://example.org/x)';
  expect(brokenLinks('page.md', `${page} [6](README.md)`)).toEqual([
    'docs/none.md',
    '#a-b',
    '#c',
    'README.md#no-such',
  ]);
});

test('docs/README.md leads to every other page below docs/', () => {
  const listed = linksOf(pages['docs/README.md']!).map((target) => `docs/${target.split('#')[0]}`);
  const others = Object.keys(pages).filter((path) => path.startsWith('docs/') && path !== 'docs/README.md');
  expect(others.filter((path) => !listed.includes(path))).toEqual([]);
});
