import { expect, test } from 'vitest';
import { createStatement, type DatabaseProperties } from '../../src/postgres/create-database.js';

const libc: DatabaseProperties = {
  encoding: 'LATIN1',
  collation: 'de_DE',
  characterType: 'C',
  localeProvider: 'libc',
  locale: null,
  owner: 'the "owner"',
  settings: [],
};

test.each<[string, DatabaseProperties, number, string]>([
  ['libc', libc, 160014, "LC_COLLATE 'de_DE' LC_CTYPE 'C' LOCALE_PROVIDER libc"],
  ['libc before there were others', libc, 140000, "LC_COLLATE 'de_DE' LC_CTYPE 'C'"],
  [
    'ICU',
    { ...libc, localeProvider: 'icu', locale: 'de-DE' },
    160014,
    "LC_COLLATE 'de_DE' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'",
  ],
  [
    'ICU with rules, in a tablespace',
    { ...libc, localeProvider: 'icu', locale: 'und', icuRules: "&a < 'b'", tablespace: 'the "fast"' },
    160014,
    `LC_COLLATE 'de_DE' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'und' ICU_RULES '&a < ''b''' TABLESPACE "the ""fast"""`,
  ],
  [
    'builtin',
    { ...libc, localeProvider: 'builtin', locale: 'C.UTF-8' },
    180004,
    "LC_COLLATE 'de_DE' LC_CTYPE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
  ],
])('%s', (_, properties, version, locale) => {
  expect(createStatement('a "name"', properties, version)).toBe(
    `CREATE DATABASE "a ""name""" TEMPLATE template0 OWNER "the ""owner""" ENCODING 'LATIN1' ${locale}`,
  );
});
