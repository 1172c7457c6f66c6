import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { checkPrivateKeys, withPrivateKeyring, type PrivateKeys } from '../../src/archive/private-keys.js';
import { endRecordedChildren } from '../../src/programs/child-ledger.js';
import { makeGpgHome, type GpgHome } from '../support/gpg-home.js';
import { findProcesses } from '../support/our-processes.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { waitUntil } from '../support/wait-until.js';
import { makeWrappedPrograms } from '../support/wrapped-programs.js';

const path = (process.env.PATH ?? '').split(delimiter);
const context = { signal: new AbortController().signal };
const PASSPHRASE = 'correct horse, "battery" $taple';
const past = { expires: '20200101T000000', options: ['--faked-system-time', '20190101T000000'] };

let open: GpgHome;
let locked: GpgHome;
let expired: GpgHome;
const homes: GpgHome[] = [];
beforeAll(async () => {
  const make = async (...args: Parameters<typeof makeGpgHome>) => {
    const home = await makeGpgHome(...args);
    homes.push(home);
    return home;
  };
  [open, locked, expired] = await Promise.all([
    make('Open <open@example.org>'),
    make('Locked <locked@example.org>', { passphrase: PASSPHRASE, algorithms: ['rsa1024', 'rsa1024'] }),
    make('Past <past@example.org>', past),
  ]);
}, 60_000);
afterAll(() => Promise.all(homes.map((home) => home[Symbol.asyncDispose]())));

let scratch: string;
let keysFile: string;
/** Longer than the path of a socket may be. */
let parent: string;
beforeEach(async () => {
  scratch = await makeScratchDirectory();
  keysFile = join(scratch, 'private.asc');
  parent = join(scratch, 'staging'.repeat(20));
  await mkdir(parent);
});

const agents = (pid: number | undefined = process.pid) => findProcesses(`/proc/${pid}/fd/`);
const untilNoAgents = () => waitUntil('no agent runs', async () => (await agents()).length === 0);

const check = (fingerprints: string[], keys: Partial<PrivateKeys> = {}, directories = path) =>
  checkPrivateKeys(fingerprints, { privateKeysFile: keysFile, ...keys }, parent, directories, context);

/** The private keys of several homes in one file. */
async function provide(...from: GpgHome[]): Promise<void> {
  const exported = await Promise.all(from.map((home) => home.gpg('--armor', '--export-secret-keys')));
  await writeFile(keysFile, exported.join('\n'));
}

describe('private keys', () => {
  it('without a passphrase open what is encrypted to one of them', async () => {
    await provide(open);
    await check([locked.fingerprint, open.fingerprint]);
  });

  it('with a passphrase need it', async () => {
    await provide(locked);
    await check([locked.fingerprint], { passphrase: PASSPHRASE });
    await expect(check([locked.fingerprint], { passphrase: 'wrong' })).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: `The passphrase does not open the private key ${locked.fingerprint} in ${keysFile}; correct it in the passphrase file.`,
    });
    await expect(check([locked.fingerprint])).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: `The private key ${locked.fingerprint} in ${keysFile} needs a passphrase; name the file that holds it in restore.passphraseFile, or with --passphrase-file.`,
    });
  });

  it('that have none take one for another key of the file', async () => {
    await provide(open, locked);
    await check([open.fingerprint], { passphrase: PASSPHRASE });
  });

  it('may be binary', async () => {
    await open.gpg('--output', keysFile, '--export-secret-keys');
    await check([open.fingerprint]);
  });

  it('may be subkeys, without the primary key', async () => {
    await locked.gpg('--output', keysFile, '--export-secret-subkeys');
    await check([locked.fingerprint], { passphrase: PASSPHRASE });
    await expect(check([locked.fingerprint], { passphrase: 'wrong' })).rejects.toThrow(/does not open/);
  });

  it('may have expired since', async () => {
    await provide(expired);
    await check([expired.fingerprint]);
  });

  it('that are of others are refused', async () => {
    await provide(open);
    const wanted = [locked.fingerprint, expired.fingerprint];
    await expect(check(wanted)).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: `The backup is encrypted to ${wanted.join(', ')}, and ${keysFile} holds no private key of these; put one of them there.`,
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['missing', () => Promise.resolve()],
    ['empty', () => writeFile(keysFile, '')],
    ['something else', () => writeFile(keysFile, 'no key')],
    ['public keys', () => open.exportPublicKeys(keysFile)],
  ])('whose file is %s are refused', async (_what, prepare) => {
    await prepare();
    await expect(check([open.fingerprint])).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: `No private key that can decrypt can be read from ${keysFile}; put the exported private keys of a recipient there.`,
    });
  });
});

describe('of a home with private keys', () => {
  it('nothing is left: no file, no agent', async () => {
    await provide(open);
    await withPrivateKeyring({ privateKeysFile: keysFile }, parent, path, context, async () => {
      expect(await agents()).toHaveLength(1);
      expect(await readdir(parent)).toHaveLength(1);
    });
    expect(await readdir(parent)).toEqual([]);
    await untilNoAgents();
  });

  it('nothing is left after a failure, and after a cancellation', async () => {
    await provide(locked);
    await expect(check([locked.fingerprint], { passphrase: 'wrong' })).rejects.toThrow();
    expect(await readdir(parent)).toEqual([]);
    const controller = new AbortController();
    const aborted = withPrivateKeyring(
      { privateKeysFile: keysFile },
      parent,
      path,
      { signal: controller.signal },
      async () => {
        expect(await agents()).toHaveLength(1);
        controller.abort(new Error('cancelled by hand'));
        controller.signal.throwIfAborted();
      },
    );
    await expect(aborted).rejects.toThrow('cancelled by hand');
    expect(await readdir(parent)).toEqual([]);
    await untilNoAgents();
  });

  it('the agent can be ended by whoever clears up when the process that made it was killed', async () => {
    await provide(open);
    const ledger = { directory: join(scratch, 'children') };
    const script = fileURLToPath(new URL('./hold-private-keys.ts', import.meta.url));
    const args = ['--import', 'tsx', script, keysFile, parent, ledger.directory];
    const holder = execa(process.execPath, args, { reject: false });
    onTestFinished(() => void holder.kill('SIGKILL'));
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const { pid } = holder;
    const [agent] = await agents(pid);
    expect(await readdir(ledger.directory)).toEqual([String(agent!.pid)]);
    holder.kill('SIGKILL');
    await holder;
    expect(await readdir(parent)).toHaveLength(1);
    await endRecordedChildren(ledger);
    expect(await agents(pid)).toEqual([]);
    expect(await readdir(ledger.directory)).toEqual([]);
  });
});

describe('a passphrase', () => {
  it('is in no argument and in no environment of any process, and in no error', async () => {
    await provide(locked);
    const wrapped = await makeWrappedPrograms();
    onTestFinished(() => wrapped[Symbol.asyncDispose]());
    const log = join(scratch, 'seen');
    const look = `cat /proc/$$/cmdline /proc/$$/environ | tr '\\0' '\\n' >>'${log}'`;
    await wrapped.wrap({ name: 'gpg', script: `${look}; exec "$real" "$@"` });
    const directories = [wrapped.directory, ...path];
    const keys = { privateKeysFile: keysFile, passphrase: PASSPHRASE };
    await withPrivateKeyring(keys, parent, directories, context, async () => {
      const [agent] = await agents();
      await execa('sh', ['-c', `cat /proc/${agent!.pid}/cmdline /proc/${agent!.pid}/environ >>'${log}'`]);
    });
    await check([locked.fingerprint], { passphrase: PASSPHRASE }, directories);
    const error: unknown = await check(
      [locked.fingerprint],
      { passphrase: 'wrong horse' },
      directories,
    ).catch((failure: unknown) => failure);
    const { stdout: seen } = await execa('cat', [log]);
    expect(seen).toContain('--change-passphrase');
    expect(seen).toContain('gpg-agent');
    expect(seen).not.toContain('horse');
    const told = `${String(error)} ${String((error as Error).cause)} ${(error as Error).stack}`;
    expect(told).toContain('The passphrase does not open');
    expect(told).not.toContain('horse');
  });
});
