import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OperationError } from '../model/failures.js';
import { forgetChild, recordChild } from '../programs/child-ledger.js';
import { locateProgram } from '../programs/locate-program.js';
import { runProgram, type Program, type ProgramContext } from '../programs/run-program.js';

/** The keys that open artifacts. */
export interface PrivateKeys {
  /** Exported private keys (`gpg --export-secret-keys`, or `--export-secret-subkeys`), armoured or not. */
  privateKeysFile: string;
  /** Of those keys; left out where they have none. */
  passphrase?: string;
}

/** Private keys that gpg can use. */
export interface PrivateKeyring {
  /** The command that runs gpg with them. What it reports for programs is on standard error, between its messages. */
  gpg: (...args: string[]) => Pick<Program, 'file' | 'args' | 'secret'>;
  /** Those that can decrypt: each with its own fingerprint and that of the key that it belongs to. */
  subkeys: PrivateSubkey[];
}

/** A private key that can decrypt; the primary key itself, or one of its subkeys. */
export interface PrivateSubkey {
  fingerprint: string;
  /** Fingerprint of the primary key. */
  primary: string;
}

const COMMON = ['--batch', '--no-tty', '--no-options', '--quiet', '--trust-model', 'always'];

/** The context of what has to be done even when all else was cancelled. */
const always = { signal: new AbortController().signal };

/**
 * Lends `use` a GnuPG home that holds the given private keys and nothing else, and then ends gpg's agent and removes the
 * home, whatever happens. When this process is killed, the home is left in `parent` and the agent in the ledger, for
 * whoever clears up.
 *
 * @throws OperationError `KeyUnusable` when the file holds no private key
 */
export async function withPrivateKeyring<T>(
  { privateKeysFile, passphrase }: PrivateKeys,
  parent: string,
  directories: readonly string[],
  { signal, ledger }: ProgramContext,
  use: (keyring: PrivateKeyring) => Promise<T>,
): Promise<T> {
  const file = await locateProgram('gpg', directories);
  const connectAgent = await locateProgram('gpg-connect-agent', directories);
  const home = await mkdtemp(join(parent, 'gpg-'));
  // The agent's socket lies in the home, and the path of a socket has 107 bytes at most (unix(7)). This one is short
  // wherever the home is: through this process's own hold on the directory.
  const hold = await open(home, 'r');
  const shortHome = `/proc/${process.pid}/fd/${hold.fd}`;
  const gpg: PrivateKeyring['gpg'] = (...args) => ({
    file,
    args: [
      ...['--homedir', shortHome, '--no-permission-warning', ...COMMON, '--pinentry-mode', 'loopback'],
      ...(passphrase === undefined ? [] : ['--passphrase-fd', '3']),
      ...args,
    ],
    ...(passphrase === undefined ? {} : { secret: `${passphrase}\n` }),
  });
  const askAgent = (command: string, context: ProgramContext) =>
    runProgram({ file: connectAgent, args: ['--homedir', shortHome, command, '/bye'] }, context);
  let agent: number | undefined;
  try {
    // Asked before gpg starts one: it is a daemon, which nothing but the ledger would tie to this step.
    agent = parseProcessId(await askAgent('GETINFO pid', { signal }));
    if (ledger) recordChild(ledger, agent);
    const importFailure: unknown = await runProgram(gpg('--import', '--', privateKeysFile), { signal }).then(
      () => undefined,
      (error: unknown) => error,
    );
    const listing = await runProgram(gpg('--with-colons', '--list-secret-keys'), { signal });
    const subkeys = parseSecretKeyListing(listing);
    if (subkeys.length === 0)
      throw new OperationError(
        'KeyUnusable',
        `No private key that can decrypt can be read from ${privateKeysFile}; put the exported private keys of a recipient there.`,
        { cause: importFailure },
      );
    return await use({ gpg, subkeys });
  } finally {
    await askAgent('KILLAGENT', always).catch(() => undefined);
    if (ledger && agent !== undefined) await forgetChild(ledger, agent);
    await rm(home, { recursive: true, force: true });
    await hold.close();
  }
}

/** @see https://www.gnupg.org/documentation/manuals/assuan/Server-responses.html (a line of data begins with D) */
function parseProcessId(response: string): number {
  const [, pid] = /^D (\d+)$/m.exec(response) ?? [];
  if (pid === undefined)
    throw new OperationError(
      'ProgramFailed',
      `gpg-agent does not start: ${response.trim()}; try \`gpg-agent --daemon\` by hand.`,
    );
  return Number(pid);
}

/** @see https://github.com/gpg/gnupg/blob/master/doc/DETAILS (Format of the --with-colons listings) */
function parseSecretKeyListing(listing: string): PrivateSubkey[] {
  const subkeys: PrivateSubkey[] = [];
  let primary = '';
  let isUsable = false;
  for (const line of listing.split('\n')) {
    const fields = line.split(':');
    const [record, , , , , , , , , fingerprint, , capabilities, , , token] = fields;
    if (record === 'sec') primary = '';
    // A lower-case e is the ability of this very key; a plus says that the private part is there.
    if (record === 'sec' || record === 'ssb') isUsable = capabilities!.includes('e') && token === '+';
    if (record !== 'fpr') continue;
    primary ||= fingerprint!;
    if (isUsable) subkeys.push({ fingerprint: fingerprint!, primary });
  }
  return subkeys;
}

/**
 * Checks that one of the keys that an artifact was encrypted to is there and that the passphrase opens it.
 *
 * @param fingerprints - of the primary keys, as manifests name them
 * @param parent - where a GnuPG home is made meanwhile
 * @throws OperationError `KeyUnusable`
 */
export async function checkPrivateKeys(
  fingerprints: readonly string[],
  keys: PrivateKeys,
  parent: string,
  directories: readonly string[],
  context: ProgramContext,
): Promise<void> {
  await withPrivateKeyring(keys, parent, directories, context, async (keyring) => {
    const found = fingerprints.find((fingerprint) =>
      keyring.subkeys.some(({ primary }) => primary === fingerprint),
    );
    if (found === undefined)
      throw new OperationError(
        'KeyUnusable',
        `The backup is encrypted to ${fingerprints.join(', ')}, and ${keys.privateKeysFile} holds no private key of these; put one of them there.`,
      );
    await requirePassphrase(found, keys, keyring, context);
  });
}

/**
 * Makes sure that the passphrase opens a private key.
 *
 * @throws OperationError `KeyUnusable` when it is wrong or missing
 * @see https://www.gnupg.org/documentation/manuals/gnupg/OpenPGP-Key-Management.html (`--change-passphrase`: with
 * `--dry-run` it only checks the passphrase)
 */
export async function requirePassphrase(
  fingerprint: string,
  { privateKeysFile, passphrase }: PrivateKeys,
  { gpg }: PrivateKeyring,
  { signal }: ProgramContext,
): Promise<void> {
  const check = gpg('--status-fd', '1', '--dry-run', '--change-passphrase', fingerprint);
  const status = await runProgram(check, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    // Where it has no passphrase at all, gpg gives up.
    if (error instanceof OperationError && error.type === 'ProgramFailed') return '';
    throw error;
  });
  if (status.includes('[GNUPG:] SUCCESS keyedit.passwd')) return;
  throw new OperationError(
    'KeyUnusable',
    passphrase === undefined
      ? `The private key ${fingerprint} in ${privateKeysFile} needs a passphrase; name the file that holds it in restore.passphraseFile, or with --passphrase-file.`
      : `The passphrase does not open the private key ${fingerprint} in ${privateKeysFile}; correct it in the passphrase file.`,
  );
}
