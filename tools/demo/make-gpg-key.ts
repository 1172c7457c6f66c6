import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A key pair in two files. */
export interface GpgKey {
  fingerprint: string;
  /** What a backup worker gets: the public key, armoured. */
  publicKeysFile: string;
  /** What reads the backups again: the private key, armoured, without a passphrase, readable by its owner only. */
  privateKeyFile: string;
}

/** Makes a key pair to throw away, in `directory`. The developer's own keyring is not touched. */
export async function makeGpgKey(directory: string, userId: string): Promise<GpgKey> {
  const home = join(directory, 'gnupg');
  const publicKeysFile = join(directory, 'public-key.asc');
  const privateKeyFile = join(directory, 'private-key.asc');
  await mkdir(home, { mode: 0o700 });
  const gpg = async (...args: string[]) =>
    await execa('gpg', ['--homedir', home, '--batch', '--quiet', '--passphrase', '', ...args], {
      stdin: 'ignore',
    });
  try {
    // Elliptic curves: an RSA key would wait for the machine's entropy.
    await gpg('--quick-generate-key', userId, 'future-default', 'default', 'never');
    await gpg('--armor', '--output', publicKeysFile, '--export');
    await gpg('--armor', '--output', privateKeyFile, '--export-secret-keys'); // gpg makes it with mode 0600
    const { stdout } = await gpg('--with-colons', '--list-keys');
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(stdout)![1]!;
    return { fingerprint, publicKeysFile, privateKeyFile };
  } finally {
    await execa('gpgconf', ['--homedir', home, '--kill', 'all']); // the agent that the first command started
    await rm(home, { recursive: true, force: true });
  }
}
