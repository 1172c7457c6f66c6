import { expect, test } from 'vitest';
import { checkPlausible } from '../../src/postgres/check-plausible.js';
import { catchError } from '../support/catch-error.js';

const nothing = { tables: false, data: false };
const dataOf = (dumpId: number, oid: number) => ({ dumpId, oid, description: 'TABLE DATA' as const });
const tables = [
  { oid: 1, schema: 'public', name: 'agents', mayLackData: false },
  { oid: 2, schema: 'public', name: 'Tasks "new"', mayLackData: false },
];

test('a plausible dump has the data of every table, unless the configuration leaves some out', () => {
  expect(checkPlausible('app', tables, [dataOf(10, 1), dataOf(11, 2)], nothing)).toEqual([]);
  expect(checkPlausible('app', [], [], nothing)).toEqual([]);
  expect(catchError(() => checkPlausible('app', tables, [dataOf(10, 1)], nothing))).toMatchObject({
    type: 'DumpImplausible',
    message: expect.stringContaining(
      '1 tables have no data in it, among them "public"."Tasks "new""',
    ) as string,
  });
});

test('a plausible dump may lack what is left out on purpose, and nothing else', () => {
  const leftOut = [{ schema: 'public', name: 'Tasks "new"' }];
  const withDefinition = [dataOf(10, 1), { dumpId: 12, oid: 2, description: 'TABLE' as const }];
  expect(checkPlausible('app', tables, [dataOf(10, 1)], { tables: true, data: false })).toEqual(leftOut);
  expect(checkPlausible('app', tables, withDefinition, { tables: false, data: true })).toEqual(leftOut);
  const wrong = { type: 'DumpImplausible' };
  expect(
    catchError(() => checkPlausible('app', tables, [dataOf(10, 1)], { tables: false, data: true })),
  ).toMatchObject(wrong);
  expect(
    catchError(() => checkPlausible('app', tables, withDefinition, { tables: true, data: false })),
  ).toMatchObject(wrong);
});

test('a plausible dump may lack what pg_dump leaves out by itself', () => {
  const ofExtension = { oid: 3, schema: 'public', name: 'ours to fill', mayLackData: true };
  expect(checkPlausible('app', [...tables, ofExtension], [dataOf(10, 1), dataOf(11, 2)], nothing)).toEqual([
    { schema: 'public', name: 'ours to fill' },
  ]);
  expect(checkPlausible('app', [ofExtension], [], { tables: true, data: false })).toHaveLength(1);
});

test('a plausible dump has some table, whatever the configuration leaves out', () => {
  expect(catchError(() => checkPlausible('app', tables, [], { tables: true, data: true }))).toMatchObject({
    type: 'InvalidConfiguration',
    message: expect.stringContaining('excludeTables leaves out all 2 tables of "app"') as string,
  });
  expect(checkPlausible('app', [], [], { tables: true, data: true })).toEqual([]);
});
