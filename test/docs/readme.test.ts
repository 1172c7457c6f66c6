import { expect, test } from 'vitest';
import { z } from 'zod';
import { workflowContracts } from '../../src/model/workflow-contracts.js';
import { pages } from '../support/pages.js';

test('the README names every argument of every workflow that others start', () => {
  const rows = [...pages['README.md']!.matchAll(/^\| `(\w+)` +\| (`server`.*?) +\|$/gm)];
  const told = rows.map(([, type, fields]) => [type!, fields!.split(', ')] as const);
  const expected = Object.entries(workflowContracts).map(([type, { argument }]) => {
    const { properties = {}, required = [] } = z.toJSONSchema(argument, { io: 'input' });
    const fields = Object.keys(properties);
    return [
      type,
      fields.map((name) => `\`${name}\`${required.includes(name) ? ' (required)' : ''}`),
    ] as const;
  });
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected));
});
