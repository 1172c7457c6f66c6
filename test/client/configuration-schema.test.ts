import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeConfiguration } from '../../src/client/configuration-schema.js';

test('schemas/backups.schema.json is up to date; otherwise run: npm run schemas', async () => {
  const published: unknown = JSON.parse(await readFile('schemas/backups.schema.json', 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(describeConfiguration())));
});
