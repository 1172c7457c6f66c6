import { expect, test } from 'vitest';
import { setClause } from '../../src/postgres/database-settings.js';

test.each([
  ['work_mem=7MB', `SET "work_mem" TO '7MB'`],
  ['search_path="$user", "odd, schema", public', `SET "search_path" TO '$user', 'odd, schema', 'public'`],
  ['search_path="a ""b"""', `SET "search_path" TO 'a "b"'`],
  ['search_path=""', `SET "search_path" TO ''`],
  ['temp_tablespaces=', `SET "temp_tablespaces" TO ''`],
  ['DateStyle=German, DMY', `SET "DateStyle" TO 'German, DMY'`],
  ['app.key=a=b', `SET "app.key" TO 'a=b'`],
  [`app.odd"name=it's "quoted"`, `SET "app.odd""name" TO 'it''s "quoted"'`],
])('%s is given back as %s', (setting, clause) => {
  expect(setClause(setting)).toBe(clause);
});
