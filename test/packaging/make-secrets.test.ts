import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkRecipients, encryptFile } from '../../src/archive/gpg.js';
import { loadConfiguration } from '../../src/config/load.js';
import { installSystemPackages } from '../../tools/install/install-system-packages.js';
import { renderCompose, root } from './compose-config.js';

const script = join(root, 'deploy', 'compose', 'make-secrets.sh');
const directories = (process.env.PATH ?? '').split(':');
const context = { signal: new AbortController().signal };
const privateKey = 'private-key/backup_private_key.asc';
const publicKeys = 'secrets/backup_public_keys.asc';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secrets-'));
  await mkdir(join(directory, 'tmp'));
});
afterEach(() => rm(directory, { recursive: true }));

const run = () =>
  execa('sh', [script, directory], {
    env: { TMPDIR: join(directory, 'tmp') },
    stdin: 'ignore',
    reject: false,
    all: true,
  });
const read = (file: string) => readFile(join(directory, file), 'utf8');
const modeOf = async (file: string) => ((await stat(join(directory, file))).mode & 0o777).toString(8);
const secretFiles = () => readdir(join(directory, 'secrets'));

async function readSecrets(): Promise<Record<string, string>> {
  const files = [...(await secretFiles()).map((name) => `secrets/${name}`), privateKey];
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await read(file)] as const)));
}

test('it makes every secret that the compose file mounts, and leaves nothing else', async () => {
  const { exitCode, all } = await run();
  expect(exitCode, all).toBe(0);
  const { secrets } = await renderCompose('try-out with S3');
  const wanted = Object.values(secrets).map(({ file }) => basename(file));
  expect((await secretFiles()).sort()).toEqual(wanted.sort());
  expect(await readdir(join(directory, 'tmp'))).toEqual([]);
  const made = await readSecrets();
  expect(made['secrets/postgres_password']).toMatch(/^[A-Za-z0-9]{32}$/);
  for (const secret of Object.values(made)) expect(all).not.toContain(secret.trim());
});

test('only this user gets to the secrets, and containers of any user can read them', async () => {
  await run();
  expect(await modeOf('secrets')).toBe('700');
  for (const name of await secretFiles()) expect(await modeOf(`secrets/${name}`)).toBe('644');
  expect(await modeOf('private-key')).toBe('700');
  expect(await modeOf(privateKey)).toBe('600');
});

test('backups.yaml encrypts to the key, and the private key opens what was encrypted', async () => {
  const { stdout } = await run();
  const { encryption } = await loadConfiguration(join(root, 'backups.yaml'));
  const recipients = {
    recipients: encryption.method === 'gpg' ? encryption.recipients : [],
    publicKeysFile: join(directory, publicKeys),
  };
  const keys = await checkRecipients(recipients, directories, context);
  expect(keys).toEqual([{ fingerprint: expect.stringMatching(/^[0-9A-F]{40}$/) as string }]);
  expect(stdout).toContain(keys[0]!.fingerprint);
  expect(await read(publicKeys)).not.toContain('PRIVATE');

  await writeFile(join(directory, 'plain'), 'a dump');
  const encrypted = join(directory, 'plain.gpg');
  await encryptFile(join(directory, 'plain'), encrypted, recipients, directories, context);
  const gpg = ['--homedir', join(directory, 'tmp'), '--batch', '--quiet'];
  try {
    await execa('gpg', [...gpg, '--import', join(directory, privateKey)]);
    expect((await execa('gpg', [...gpg, '--decrypt', encrypted])).stdout).toBe('a dump');
  } finally {
    await execa('gpgconf', ['--homedir', join(directory, 'tmp'), '--kill', 'all']);
  }
});

test('a second run changes nothing', async () => {
  await run();
  const before = await readSecrets();
  const { exitCode } = await run();
  expect(exitCode).toBe(0);
  expect(await readSecrets()).toEqual(before);
});

test('a password that was there is kept, and becomes readable for containers', async () => {
  await mkdir(join(directory, 'secrets'));
  await writeFile(join(directory, 'secrets/postgres_password'), 'of TempoNest', { mode: 0o600 });
  await run();
  expect(await read('secrets/postgres_password')).toBe('of TempoNest');
  expect(await modeOf('secrets/postgres_password')).toBe('644');
});

test('a private key is not overwritten when its public key is missing', async () => {
  await run();
  const before = await read(privateKey);
  await rm(join(directory, publicKeys));
  const { exitCode, stderr } = await run();
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`${privateKey} exists and is not overwritten`);
  expect(await read(privateKey)).toBe(before);
  expect(await secretFiles()).not.toContain(basename(publicKeys));
});

test('a public key whose private key was moved to its safe place is kept', async () => {
  await run();
  const before = await read(publicKeys);
  await rm(join(directory, 'private-key'), { recursive: true });
  const { exitCode } = await run();
  expect(exitCode).toBe(0);
  expect(await read(publicKeys)).toBe(before);
  expect(await readdir(directory)).not.toContain('private-key');
});

test('shellcheck finds nothing in the scripts', async () => {
  await installSystemPackages(['shellcheck']);
  const scripts = (await readdir(join(script, '..'))).filter((name) => name.endsWith('.sh'));
  const { stdout } = await execa('shellcheck', scripts, { cwd: join(script, '..'), reject: false });
  expect(scripts).toHaveLength(3);
  expect(stdout).toBe('');
}, 180_000);
