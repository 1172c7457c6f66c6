// `npm run docs`: writes the pages anew that are made from the code.
import { writeFile } from 'node:fs/promises';
import { generatedPages } from './docs/generated-pages.js';

for (const [name, page] of Object.entries(await generatedPages())) await writeFile(`docs/${name}`, page);
