import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkRecipients, encryptFile } from '../../src/archive/gpg.js';
import { makeGpgHome, type GpgHome } from '../support/gpg-home.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const path = (process.env.PATH ?? '').split(delimiter);
const context = { signal: new AbortController().signal };
const past = { expires: '20200101T000000', options: ['--faked-system-time', '20190101T000000'] };

let alice: GpgHome;
let bob: GpgHome;
/** A second key of Alice's address. */
let aliceAtHome: GpgHome;
let soon: GpgHome;
let devops: GpgHome;
let bare: GpgHome;
let expired: GpgHome;
let revoked: GpgHome;
let signing: GpgHome;
const homes: GpgHome[] = [];

beforeAll(async () => {
  const make = async (...args: Parameters<typeof makeGpgHome>) => {
    const home = await makeGpgHome(...args);
    homes.push(home);
    return home;
  };
  [alice, bob, aliceAtHome, soon, devops, bare, expired, revoked, signing] = await Promise.all([
    make('Alice <alice@example.org>'),
    make('Bob <bob@example.org>'),
    make('Alice at home <alice@example.org>'),
    make('Soon <soon@example.org>', { expires: '20990601T120000' }),
    make('Team <devops@example.org>'),
    make('bare@example.org'),
    make('Past <past@example.org>', past),
    make('Gone <gone@example.org>'),
    make('Signs <signs@example.org>', past),
  ]);
  await revoke(revoked);
  // Only its subkey, with which one would encrypt, stays expired.
  await signing.gpg('--quick-set-expire', signing.fingerprint, 'never');
});
afterAll(() => Promise.all(homes.map((home) => home[Symbol.asyncDispose]())));

/** Uses the revocation certificate that GnuPG makes with every key. */
async function revoke({ gpg, fingerprint }: GpgHome): Promise<void> {
  const keyring = (await gpg('--list-keys')).split('\n')[0]!;
  const certificate = join(keyring, '..', 'openpgp-revocs.d', `${fingerprint}.rev`);
  await writeFile(certificate, (await readFile(certificate, 'utf8')).replace(':-----BEGIN', '-----BEGIN'));
  await gpg('--import', certificate);
}

let scratch: string;
let publicKeysFile: string;

beforeEach(async () => {
  scratch = await makeScratchDirectory();
  publicKeysFile = join(scratch, 'keys.asc');
  // GnuPG homes are made where the system keeps temporary files: none may be left.
  await mkdir(join(scratch, 'tmp'));
  vi.stubEnv('TMPDIR', join(scratch, 'tmp'));
  return async () => {
    vi.unstubAllEnvs();
    expect(await readdir(join(scratch, 'tmp'))).toEqual([]);
  };
});

/** The public keys of several homes in one file. */
async function provide(...from: GpgHome[]): Promise<void> {
  const keys = await Promise.all(from.map((home) => home.gpg('--armor', '--export')));
  await writeFile(publicKeysFile, keys.join('\n'));
}

const check = (...recipients: string[]) => checkRecipients({ recipients, publicKeysFile }, path, context);

describe('encryption', () => {
  it('is to every recipient, each of whom can read it alone', async () => {
    await provide(alice, bob);
    const input = join(scratch, 'artifact.tar.zst');
    const output = join(scratch, 'artifact.gpg');
    const content = Buffer.from('rows\0of data\n'.repeat(10_000));
    await writeFile(input, content);
    const recipients = [alice.fingerprint, bob.fingerprint];
    await encryptFile(input, output, { recipients, publicKeysFile }, path, context);

    expect((await readFile(output)).includes('of data')).toBe(false);
    for (const [name, home] of Object.entries({ alice, bob })) {
      await home.decrypt(output, join(scratch, name));
      expect((await readFile(join(scratch, name))).equals(content)).toBe(true);
    }
    expect(await readdir(scratch)).toEqual(
      expect.arrayContaining(['alice', 'artifact.gpg', 'artifact.tar.zst', 'bob', 'keys.asc', 'tmp']),
    );
    expect(await readdir(scratch)).toHaveLength(6);
  });

  it('does not compress again what is compressed already', async () => {
    await provide(alice);
    const input = join(scratch, 'input');
    await writeFile(input, Buffer.alloc(100_000));
    const output = join(scratch, 'output');
    await encryptFile(input, output, { recipients: [alice.fingerprint], publicKeysFile }, path, context);
    const packets = await alice.gpg('--list-packets', output);
    expect(packets).toContain(':literal data packet:');
    expect(packets).not.toContain(':compressed packet:');
  });

  const changes: [what: string, homes: () => { other: GpgHome; inFile: GpgHome[] }, fault: RegExp][] = [
    [
      'has expired',
      () => ({ other: expired, inFile: [alice, expired] }),
      /the key of \w+ expired on 2020-01-01/,
    ],
    ['was revoked', () => ({ other: revoked, inFile: [alice, revoked] }), /the key of \w+ is revoked/],
    ['is gone', () => ({ other: bob, inFile: [alice] }), /no public key for recipient \w+ is in the file/],
    ['is gone with all others', () => ({ other: bob, inFile: [] }), /No public key can be read from/],
  ];

  it.each(changes)(
    'refuses a key that %s since it was planned, and leaves no output',
    async (_what, homes, fault) => {
      const { other, inFile } = homes();
      if (inFile.length > 0) await provide(...inFile);
      const input = join(scratch, 'input');
      await writeFile(input, 'content');
      const left = await readdir(scratch);
      const recipients = [alice.fingerprint, other.fingerprint];
      const output = join(scratch, 'output');
      const encrypted = encryptFile(input, output, { recipients, publicKeysFile }, path, context);
      await expect(encrypted).rejects.toMatchObject({
        type: 'KeyUnusable',
        message: expect.stringMatching(fault) as string,
      });
      expect(await readdir(scratch)).toEqual(left);
    },
  );
});

describe('a recipient', () => {
  it('may be named by fingerprint or by address, and is answered with its whole fingerprint', async () => {
    await provide(alice, bob);
    const keys = await check('bob@example.org', alice.fingerprint);
    expect(keys).toEqual([{ fingerprint: bob.fingerprint }, { fingerprint: alice.fingerprint }]);
  });

  it('is answered with the day its key expires', async () => {
    await provide(soon);
    expect(await check('soon@example.org')).toEqual([
      { fingerprint: soon.fingerprint, expiresAt: new Date('2099-06-01T12:00:00Z') },
    ]);
  });

  it('that is unknown is refused, with what to do', async () => {
    await provide(alice);
    await expect(check(alice.fingerprint, 'carol@example.org')).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: `Backups cannot be encrypted: no public key for recipient carol@example.org is in the file (${publicKeysFile}); renew or replace the key and update encryption.recipients.`,
    });
  });

  it('is not found by a part of another address', async () => {
    await provide(devops);
    await expect(check('ops@example.org')).rejects.toThrow(/no public key for recipient ops@example.org/);
    expect(await check('devops@example.org')).toHaveLength(1);
  });

  it('is found where an address is all there is of a name', async () => {
    await provide(bare);
    expect(await check('bare@example.org')).toEqual([{ fingerprint: bare.fingerprint }]);
  });

  it('that fits two keys is refused', async () => {
    await provide(alice, aliceAtHome);
    await expect(check('alice@example.org')).rejects.toThrow(/fits 2 keys, give the fingerprint/);
    expect(await check(alice.fingerprint)).toHaveLength(1);
  });

  it('whose key has expired is refused, with the day', async () => {
    await provide(expired);
    await expect(check('past@example.org')).rejects.toThrow(
      /the key of past@example.org expired on 2020-01-01/,
    );
  });

  it('whose key is revoked is refused', async () => {
    await provide(revoked);
    await expect(check(revoked.fingerprint)).rejects.toThrow(/is revoked/);
  });

  it('whose key can only sign is refused', async () => {
    await provide(signing);
    await expect(check('signs@example.org')).rejects.toThrow(/the key of signs@example.org cannot encrypt/);
  });
});

describe('the file of public keys', () => {
  it.each([
    ['that is missing', undefined],
    ['that is empty', ''],
    ['that holds something else', 'not a key'],
  ])('%s is refused', async (_what, content) => {
    if (content !== undefined) await writeFile(publicKeysFile, content);
    await expect(check('alice@example.org')).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: `No public key can be read from ${publicKeysFile}; put the recipients' exported public keys there.`,
    });
  });

  it('may be binary', async () => {
    await alice.gpg('--output', publicKeysFile, '--export');
    expect(await check('alice@example.org')).toEqual([{ fingerprint: alice.fingerprint }]);
  });
});

it('ends when it is aborted', async () => {
  await provide(alice);
  const signal = AbortSignal.abort(new Error('cancelled by hand'));
  const checked = checkRecipients({ recipients: ['alice@example.org'], publicKeysFile }, path, { signal });
  await expect(checked).rejects.toThrow('cancelled by hand');
});
