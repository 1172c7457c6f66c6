import { expect, test } from 'vitest';
import { keepSettings, setClause, settingsOf } from '../../src/postgres/database-settings.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

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

const settings = [{ role: null, setting: 'app.jwt_secret=opener' }];

test('settings are those that were added to the dump', async () => {
  const archive = await makeScratchDirectory();
  await keepSettings(archive, settings);
  expect(await settingsOf({}, archive)).toEqual(settings);
});

test('settings of an old backup are in its manifest', async () => {
  expect(await settingsOf({ settings }, await makeScratchDirectory())).toEqual(settings);
});

test('a dump without settings, of a manifest without any, is not taken for one that has none', async () => {
  await expect(settingsOf({}, await makeScratchDirectory())).rejects.toMatchObject({ code: 'ENOENT' });
});
