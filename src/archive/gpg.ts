import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { OperationError, remedyFor } from '../model/failures.js';
import { locateProgram } from '../programs/locate-program.js';
import type { PipelineProgram } from '../programs/run-pipeline.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';

/** Which keys artifacts are encrypted to. */
export interface GpgRecipients {
  /** Fingerprints or user ids (e-mail addresses), each of exactly one key. */
  recipients: readonly string[];
  /** File with their public keys, armoured or not. */
  publicKeysFile: string;
}

/** A key that was checked: it can be encrypted to today. */
export interface RecipientKey {
  fingerprint: string;
  /** When it expires, or undefined for never. */
  expiresAt?: Date;
}

const COMMON = ['--batch', '--no-tty', '--no-options', '--quiet', '--trust-model', 'always'];

/** A GnuPG home that holds the configured public keys and nothing else. */
interface Keyring {
  /** The command that runs gpg with it. */
  command: (...args: string[]) => PipelineProgram;
  /** Runs gpg with it; `longRun` for what takes as long as its input is large. */
  gpg: (args: string[], longRun?: ProgramContext) => Promise<string>;
  /**
   * Why gpg called the import a failure, which says little: it does so when it only cannot ask an agent for private keys
   * (in a home whose path is too long for a socket), and not when it skipped what it did not understand.
   */
  importFailure: unknown;
}

/**
 * Lends `use` a keyring and removes it afterwards: what is encrypted to depends on the configuration alone, never on a
 * keyring that grew on the host.
 *
 * @param parent - where the home is made
 */
async function withKeyring<T>(
  { publicKeysFile }: GpgRecipients,
  directories: readonly string[],
  context: ProgramContext,
  parent: string,
  use: (keyring: Keyring) => Promise<T>,
): Promise<T> {
  const file = await locateProgram('gpg', directories);
  const home = await mkdtemp(join(parent, 'gpg-'));
  const quick = { signal: context.signal };
  const command: Keyring['command'] = (...args) => ({
    file,
    args: ['--homedir', home, '--no-autostart', ...COMMON, ...args],
  });
  const gpg: Keyring['gpg'] = (args, longRun = quick) => runProgram(command(...args), longRun);
  try {
    const importFailure: unknown = await gpg(['--import', publicKeysFile]).then(
      () => undefined,
      (error: unknown) => error,
    );
    return await use({ command, gpg, importFailure });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Fields of gpg's colon listing that matter here. */
interface ListedKey {
  validity: string;
  capabilities: string;
  fingerprint: string;
  expiresAt?: Date;
}

/** @see https://github.com/gpg/gnupg/blob/master/doc/DETAILS (Format of the --with-colons listings) */
function parseKeyListing(listing: string): ListedKey[] {
  const keys: ListedKey[] = [];
  for (const line of listing.split('\n')) {
    const fields = line.split(':');
    if (fields[0] === 'pub')
      keys.push({
        validity: fields[1]!,
        capabilities: fields[11]!,
        fingerprint: '',
        ...(fields[6] ? { expiresAt: new Date(Number(fields[6]) * 1000) } : {}),
      });
    const key = keys.at(-1);
    if (fields[0] === 'fpr' && key?.fingerprint === '') key.fingerprint = fields[9]!;
  }
  return keys;
}

function whyUnusable(recipient: string, keys: ListedKey[]): string | undefined {
  if (keys.length === 0) return `no public key for recipient ${recipient} is in the file`;
  if (keys.length > 1) return `recipient ${recipient} fits ${keys.length} keys, give the fingerprint`;
  const [{ validity, capabilities, expiresAt }] = keys as [ListedKey];
  if (validity === 'r') return `the key of ${recipient} is revoked`;
  if (validity === 'e') return `the key of ${recipient} expired on ${expiresAt?.toISOString().slice(0, 10)}`;
  if (validity === 'd' || capabilities.includes('D')) return `the key of ${recipient} is disabled`;
  // An upper-case E is the ability of the whole key: a usable, unexpired subkey included.
  if (!capabilities.includes('E')) return `the key of ${recipient} cannot encrypt`;
  return undefined;
}

/** How gpg is told that an address is meant whole: bare, it would also find keys of longer ones (devops@ for ops@). */
function toUserId(recipient: string): string {
  return /^[^<>\s]+@[^<>\s]+$/.test(recipient) ? `<${recipient}>` : recipient;
}

async function findKeys(
  { recipients, publicKeysFile }: GpgRecipients,
  { gpg, importFailure }: Keyring,
): Promise<RecipientKey[]> {
  if (!(await gpg(['--with-colons', '--list-keys'])).includes('pub:'))
    throw new OperationError(
      'KeyUnusable',
      `No public key can be read from ${publicKeysFile}; put the recipients' exported public keys there.`,
      { cause: importFailure },
    );
  const found: RecipientKey[] = [];
  for (const recipient of recipients) {
    const query = ['--with-colons', '--list-keys', '--', toUserId(recipient)];
    const listing = await gpg(query).catch(() => '');
    const keys = parseKeyListing(listing);
    const fault = whyUnusable(recipient, keys);
    if (fault)
      throw new OperationError(
        'KeyUnusable',
        `Backups cannot be encrypted: ${fault} (${publicKeysFile}); ${remedyFor('KeyUnusable')}.`,
      );
    const [{ fingerprint, expiresAt }] = keys as [ListedKey];
    found.push({ fingerprint, ...(expiresAt ? { expiresAt } : {}) });
  }
  return found;
}

/**
 * Checks that every recipient has exactly one key that can be encrypted to now.
 *
 * @throws OperationError `KeyUnusable` naming the first that is unknown, ambiguous, expired or revoked
 */
export async function checkRecipients(
  recipients: GpgRecipients,
  directories: readonly string[],
  context: ProgramContext,
): Promise<RecipientKey[]> {
  return withKeyring(recipients, directories, context, tmpdir(), (keyring) => findKeys(recipients, keyring));
}

/**
 * Lends `use` the program that encrypts its standard input to the given keys, named by the fingerprints that
 * {@link checkRecipients} answered with; it may be run many times. gpg's own compression is off: what comes in is
 * compressed already.
 *
 * @param parent - where a GnuPG home is made meanwhile
 * @throws OperationError `KeyUnusable`, `StagingFull` or `ProgramFailed`
 */
export async function withEncryption<T>(
  keys: GpgRecipients,
  parent: string,
  directories: readonly string[],
  context: ProgramContext,
  use: (encrypt: PipelineProgram) => Promise<T>,
): Promise<T> {
  return withKeyring(keys, directories, context, parent, async (keyring) => {
    // `!` would pin a subkey; without it gpg picks the newest one that can encrypt.
    const recipients = keys.recipients.flatMap((fingerprint) => ['--recipient', fingerprint]);
    const encrypt = keyring.command('--compress-algo', 'none', ...recipients, '--encrypt');
    return use(encrypt).catch(async (error: unknown) => {
      // gpg says that a key cannot be used, and not why.
      if (error instanceof OperationError && error.type === 'KeyUnusable') await findKeys(keys, keyring);
      throw error;
    });
  });
}

/** Encrypts a file, as {@link withEncryption} does a stream. */
export async function encryptFile(
  input: string,
  output: string,
  keys: GpgRecipients,
  directories: readonly string[],
  context: ProgramContext,
): Promise<void> {
  // Beside the output, so that whoever clears up after a crash removes both.
  await withEncryption(keys, dirname(output), directories, context, async (encrypt) => {
    await runProgram({ ...encrypt, args: [...encrypt.args, '--output', output, '--', input] }, context);
  });
}
