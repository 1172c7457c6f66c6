import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A GnuPG home of one's own, with one key pair that can encrypt. */
export interface GpgHome extends AsyncDisposable {
  home: string;
  fingerprint: string;
  /** Writes the exported public keys to a file. */
  exportPublicKeys: (file: string) => Promise<void>;
  /** Writes the exported private keys to a file, protected by the passphrase. */
  exportPrivateKeys: (file: string) => Promise<void>;
  /** Decrypts a file with the private key. */
  decrypt: (input: string, output: string) => Promise<void>;
  /** Runs gpg in this home and answers with its standard output. */
  gpg: (...args: string[]) => Promise<string>;
}

/**
 * Makes a home and a key in it.
 *
 * @param expires - as gpg takes it: `never`, `20200101T000000`, `seconds=60`
 * @param options - further options for making the key, such as `--faked-system-time`
 * @param algorithms - of the primary key and of the subkey that encrypts
 */
export async function makeGpgHome(
  address: string,
  {
    expires = 'never',
    options = [],
    passphrase = '',
    algorithms = ['ed25519', 'cv25519'],
  }: {
    expires?: string;
    options?: string[];
    passphrase?: string;
    algorithms?: [primary: string, encryption: string];
  } = {},
): Promise<GpgHome> {
  // Short: the path of the agent's socket has to fit into a socket address.
  const home = await mkdtemp(join(tmpdir(), 'tb-gpg-'));
  const gpg = async (...args: string[]) => {
    const common = ['--homedir', home, '--batch', '--no-tty', '--quiet', '--pinentry-mode', 'loopback'];
    const { stdout } = await execa('gpg', [...common, '--passphrase', passphrase, ...args], {
      stdin: 'ignore',
    });
    return stdout;
  };
  const dispose = async () => {
    await execa('gpgconf', ['--homedir', home, '--kill', 'all'], { reject: false });
    await rm(home, { recursive: true, force: true });
  };
  try {
    await gpg(...options, '--quick-generate-key', address, algorithms[0], 'cert', expires);
    const listing = await gpg('--with-colons', '--list-keys', address);
    const fingerprint = /^fpr:(?:[^:]*:){8}([0-9A-F]{40}):/m.exec(listing)![1]!;
    await gpg(...options, '--quick-add-key', fingerprint, algorithms[1], 'encr', expires);
    return {
      home,
      fingerprint,
      gpg,
      exportPublicKeys: async (file) => writeFile(file, await gpg('--armor', '--export')),
      exportPrivateKeys: async (file) => writeFile(file, await gpg('--armor', '--export-secret-keys')),
      decrypt: async (input, output) => void (await gpg('--output', output, '--decrypt', input)),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
