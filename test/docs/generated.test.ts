import { expect, test } from 'vitest';
import { generatedPages } from '../../tools/docs/generated-pages.js';
import { pages } from '../support/pages.js';

test.each(Object.entries(await generatedPages()))(
  'docs/%s is up to date; otherwise run: npm run docs',
  (name, page) => {
    expect(pages[`docs/${name}`]).toBe(page);
  },
);
