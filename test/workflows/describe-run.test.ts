import { expect, it } from 'vitest';
import { describeRun, readFacts } from '../../src/workflows/describe-run.js';

it.each([
  [
    'The restore',
    { server: 'main', database: 'agentic', mode: 'swap' },
    'The restore of agentic on server main',
  ],
  ['The restore', { database: 'agentic' }, 'The restore of agentic'],
  ['The recovery', { server: 'main', into: { directory: '/data' } }, 'The recovery of server main'],
  ['Copying', { server: 'main', store: 'offsite' }, 'Copying of server main to store offsite'],
])('says what %s with %j is', (what, argument, said) => {
  expect(describeRun(what, argument)).toBe(said);
});

it.each([
  undefined,
  null,
  'agentic',
  7,
  [],
  ['agentic'],
  {},
  { database: '', server: { name: 'main' } },
  { database: 'x'.repeat(64), server: 'a\nb', store: '\u0007' },
  { datenbank: 'agentic', reason: 'because' },
])('says nothing of the argument %j', (argument) => {
  expect(describeRun('The restore', argument)).toBe('The restore');
});

it('says what it can of an argument that is wrong otherwise', () => {
  const argument = { database: ['app'], server: 'main', dryRun: 'yes', more: 1 };
  expect(describeRun('The restore', argument)).toBe('The restore of server main');
  expect(readFacts(argument).dryRun).toBeUndefined();
  expect(readFacts({ dryRun: true, mode: 'sideways' })).toMatchObject({ dryRun: true });
});
