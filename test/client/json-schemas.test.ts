import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { jsonSchemas } from '../../src/client/json-schemas.js';
import { workflowContracts } from '../../src/model/workflow-contracts.js';
import * as workflows from '../../src/workflows/index.js';

const names = Object.keys(jsonSchemas);

test.each(names)('schemas/%s.schema.json is up to date; otherwise run: npm run schemas', async (name) => {
  const published: unknown = JSON.parse(await readFile(`schemas/${name}.schema.json`, 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(jsonSchemas[name])));
});

test('nothing else is published', async () => {
  expect((await readdir('schemas')).sort()).toEqual(names.map((name) => `${name}.schema.json`).sort());
});

test('every workflow type that others start is described', () => {
  const onlyStartedByOurs = ['holdOperation', 'notifyChannels'];
  expect([...Object.keys(workflowContracts), ...onlyStartedByOurs].sort()).toEqual(
    Object.keys(workflows).sort(),
  );
});

describe('what is published', () => {
  const read = (name: string) => z.fromJSONSchema(jsonSchemas[name] as z.core.JSONSchema.JSONSchema);

  it('lets a right argument through and refuses a wrong one', () => {
    const argument = read('restoreDatabase.argument');
    expect(
      argument.safeParse({ database: 'agentic', backup: { before: '2026-11-24T02:00:00Z' } }).success,
    ).toBe(true);
    for (const wrong of [
      {},
      { database: '' },
      { database: 'a', mode: 'replace' },
      { database: 'a', tabels: [] },
    ])
      expect(argument.safeParse(wrong).success).toBe(false);
  });

  it('lets a result of a later version through', () => {
    const counts = { kept: 1, deleted: 0, orphansSwept: 0, walDeleted: 0 };
    const result = { server: 'main', dryRun: true, ...counts, decisions: [] };
    expect(read('pruneBackups.result').safeParse({ ...result, addedLater: 1 }).success).toBe(true);
    expect(read('pruneBackups.result').safeParse({ ...result, kept: 'one' }).success).toBe(false);
  });

  it.each(names.filter((name) => name !== 'backups'))(
    '%s has no pattern that only JavaScript reads',
    (name) => {
      expect(JSON.stringify(jsonSchemas[name])).not.toMatch(/"pattern":"[^"]*\\\\[pP]\{/);
    },
  );
});
