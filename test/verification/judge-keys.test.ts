import { join } from 'node:path';
import { expect, test } from 'vitest';
import { judgeKeys, readRecipients } from '../../src/verification/judge-keys.js';
import { makeGpgHome } from '../support/gpg-home.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const { signal } = new AbortController();
const programDirectories = process.env.PATH!.split(':');

test.each([
  ['10d', 'warning', /^The key of backups@test\.invalid expires on \d{4}-\d\d-\d\d; from then on/],
  ['20200101T000000', 'critical', /the key of backups@test\.invalid expired on 2020-01-01/],
  ['60d', undefined, undefined],
  ['never', undefined, undefined],
])('of a key that expires in %s', async (expires, severity, what) => {
  const options = expires.startsWith('2020') ? ['--faked-system-time', '20191201T000000'] : [];
  await using key = await makeGpgHome('backups@test.invalid', { expires, options });
  const publicKeysFile = join(await makeScratchDirectory(), 'keys.asc');
  await key.exportPublicKeys(publicKeysFile);
  const encryption = { method: 'gpg' as const, recipients: ['backups@test.invalid'], publicKeysFile };
  const found = judgeKeys(await readRecipients(encryption, programDirectories, signal), new Date());
  expect(found).toEqual(
    severity === undefined
      ? []
      : [
          expect.objectContaining({
            ...{ id: 'key/backups%40test.invalid', severity },
            what: expect.stringMatching(what) as string,
          }),
        ],
  );
});

test('where nothing is encrypted, no key is missed', async () => {
  expect(await readRecipients({ method: 'none' }, programDirectories, signal)).toEqual([]);
});
