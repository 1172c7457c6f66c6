import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { encryptFile } from '../../src/archive/gpg.js';
import type { PrivateKeys } from '../../src/archive/private-keys.js';
import { packDirectory } from '../../src/archive/tar.js';
import { unpack } from '../../src/archive/unpack.js';
import type { Artifact } from '../../src/model/manifest.js';
import { findProgram } from '../../src/programs/locate-program.js';
import { makeGpgHome, type GpgHome } from '../support/gpg-home.js';
import { findProcesses } from '../support/our-processes.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { waitUntil } from '../support/wait-until.js';
import { makeWrappedPrograms } from '../support/wrapped-programs.js';

const path = (process.env.PATH ?? '').split(delimiter);
const context = { signal: new AbortController().signal, onProgress: () => undefined };
const PASSPHRASE = 'correct horse';
const KEY = 'postgres/prod/app/app_20260601_020000.dump.tar';

let alice: GpgHome;
let bob: GpgHome;
let locked: GpgHome;
let stranger: GpgHome;
const homes: GpgHome[] = [];
beforeAll(async () => {
  const make = async (...args: Parameters<typeof makeGpgHome>) => {
    const home = await makeGpgHome(...args);
    homes.push(home);
    return home;
  };
  [alice, bob, locked, stranger] = await Promise.all([
    make('Alice <alice@example.org>'),
    make('Bob <bob@example.org>', { algorithms: ['rsa1024', 'rsa1024'] }),
    make('Locked <locked@example.org>', { passphrase: PASSPHRASE }),
    make('Stranger <stranger@example.org>'),
  ]);
}, 60_000);
afterAll(() => Promise.all(homes.map((home) => home[Symbol.asyncDispose]())));

let scratch: string;
/** Longer than the path of a socket may be. */
let workDirectory: string;
let output: string;
beforeEach(async () => {
  scratch = await makeScratchDirectory();
  workDirectory = join(scratch, 'attempt'.repeat(20));
  output = join(scratch, 'output');
  await mkdir(workDirectory);
});

/** The files of a dump, some of them larger than what is read at once. */
const files: Record<string, Buffer> = {
  'toc.dat': Buffer.from('PGDMP'),
  '3001.dat': Buffer.alloc(0),
  '3002.dat': randomBytes(900_000),
  '3003.dat': Buffer.from('42\tforty-two\n'.repeat(80_000)),
  'with space.dat': Buffer.from('\\.\n'),
};

interface PackOptions {
  codec?: 'zstd' | 'gzip';
  recipients?: GpgHome[];
  /** Bytes of another file, which cannot be compressed. */
  more?: number;
}

/** Makes an artifact as a backup does. */
async function pack({ codec = 'zstd', recipients = [], more = 0 }: PackOptions = {}): Promise<{
  artifact: Artifact;
  file: string;
}> {
  const dump = join(scratch, 'dump');
  await mkdir(dump);
  for (const [name, content] of Object.entries(files)) await writeFile(join(dump, name), content);
  if (more > 0) await writeFile(join(dump, '9999.dat'), randomBytes(more));
  let file = join(scratch, 'artifact');
  await packDirectory(dump, file, { method: codec, level: 1 }, path, context);
  const fingerprints = recipients.map(({ fingerprint }) => fingerprint);
  if (recipients.length > 0) {
    const publicKeysFile = join(scratch, 'public.asc');
    const keys = await Promise.all(recipients.map((home) => home.gpg('--armor', '--export')));
    await writeFile(publicKeysFile, keys.join('\n'));
    await encryptFile(file, `${file}.gpg`, { recipients: fingerprints, publicKeysFile }, path, context);
    file = `${file}.gpg`;
  }
  const content = await readFile(file);
  const artifact: Artifact = {
    key: KEY,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    codec,
    encryption: recipients.length > 0 ? { method: 'gpg', keyFingerprints: fingerprints } : { method: 'none' },
  };
  return { artifact, file };
}

/** The private keys of a home, as a file. */
async function keysOf(home: GpgHome, passphrase?: string): Promise<PrivateKeys> {
  const privateKeysFile = join(scratch, 'private.asc');
  await home.exportPrivateKeys(privateKeysFile);
  return { privateKeysFile, ...(passphrase !== undefined && { passphrase }) };
}

async function unpackWith(
  { artifact, file }: { artifact: Artifact; file: string },
  privateKeys?: PrivateKeys,
  options: { programDirectories?: string[]; signal?: AbortSignal; onProgress?: (bytes: number) => void } = {},
): Promise<void> {
  const { programDirectories = path, ...more } = options;
  await unpack(
    artifact,
    file,
    { directory: output },
    { workDirectory, programDirectories, ...(privateKeys && { privateKeys }) },
    { ...context, ...more },
  );
}

async function expectWhole(): Promise<void> {
  expect((await readdir(output)).sort()).toEqual(Object.keys(files).sort());
  for (const [name, content] of Object.entries(files))
    expect((await readFile(join(output, name))).equals(content), name).toBe(true);
  expect(await readdir(workDirectory)).toEqual([]);
}

/** Directories with links to all that is needed for gzip, and no pigz. */
async function withoutPigz(): Promise<string[]> {
  const directory = await makeScratchDirectory();
  for (const program of ['tar', 'gzip', 'gpg', 'gpg-connect-agent'])
    await symlink((await findProgram(program, path))!, join(directory, program));
  return [directory];
}

const untilNothingRuns = () =>
  waitUntil('nothing of it runs', async () => (await findProcesses(scratch)).length === 0);

describe('an artifact', () => {
  it.each(['zstd', 'gzip'] as const)('compressed with %s and not encrypted is unpacked', async (codec) => {
    await unpackWith(await pack({ codec }));
    await expectWhole();
  });

  it('is decompressed by gzip where there is no pigz', async () => {
    const programDirectories = await withoutPigz();
    await unpackWith(await pack({ codec: 'gzip', recipients: [alice] }), await keysOf(alice), {
      programDirectories,
    });
    await expectWhole();
  });

  it('encrypted to two recipients is opened by the key of each: Ed25519, RSA', async () => {
    const packed = await pack({ recipients: [alice, bob] });
    for (const home of [alice, bob]) {
      await unpackWith(packed, await keysOf(home));
      await expectWhole();
    }
  });

  it('encrypted to a key with a passphrase is opened with that', async () => {
    await unpackWith(await pack({ codec: 'gzip', recipients: [locked] }), await keysOf(locked, PASSPHRASE));
    await expectWhole();
  });

  it('of one file is unpacked into one file', async () => {
    const { artifact, file } = await pack({ recipients: [alice] });
    const options = { privateKeys: await keysOf(alice), workDirectory, programDirectories: path };
    await unpack(artifact, file, { file: output }, options, context);
    expect((await readFile(output)).includes('42\tforty-two\n'.repeat(80_000))).toBe(true);
  });

  it('tells how much of it was read, and never more than it has', async () => {
    // More than the pipes hold.
    const packed = await pack({ recipients: [alice], more: 20_000_000 });
    const wrapped = await makeWrappedPrograms();
    onTestFinished(() => wrapped[Symbol.asyncDispose]());
    const tar = await wrapped.wrap({
      name: 'tar',
      script: 'while [ ! -e "$state/release" ]; do sleep 0.05; done; exec "$real" "$@"',
    });
    const programDirectories = [wrapped.directory, ...path];
    const progress: number[] = [];
    const onProgress = (bytes: number) => void progress.push(bytes);
    const unpacked = unpackWith(packed, await keysOf(alice), { programDirectories, onProgress });
    await waitUntil('some of it is read', () => progress.some((bytes) => bytes > 0));
    await tar.release();
    await unpacked;
    expect(Math.max(...progress)).toBeLessThanOrEqual(packed.artifact.bytes);
  });
});

describe('an artifact that cannot be opened', () => {
  it('for lack of any private key says which would open it', async () => {
    await expect(unpackWith(await pack({ recipients: [alice, bob] }))).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: `${KEY} is encrypted to ${alice.fingerprint}, ${bob.fingerprint}, and restore.privateKeysFile is not set; put the exported private key of one of them there.`,
    });
  });

  it('for lack of its private key says which would, with the ids that the artifact itself names', async () => {
    const keys = await keysOf(stranger);
    const listing = await alice.gpg('--with-colons', '--list-keys');
    const subkeyId = /^sub:(?:[^:]*:){3}([0-9A-F]{16}):/m.exec(listing)![1]!;
    await expect(unpackWith(await pack({ recipients: [alice] }), keys)).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: `${KEY} is encrypted to ${alice.fingerprint}, key id ${subkeyId}, and ${keys.privateKeysFile} has no private key of these; put the exported private key of one of them there.`,
    });
    expect(await readdir(workDirectory)).toEqual([]);
  });

  it('for a wrong or missing passphrase says so', async () => {
    const packed = await pack({ recipients: [locked] });
    await expect(unpackWith(packed, await keysOf(locked, 'wrong'))).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: expect.stringContaining('The passphrase does not open') as string,
    });
    await expect(unpackWith(packed, await keysOf(locked))).rejects.toMatchObject({
      type: 'KeyUnusable',
      message: expect.stringContaining('needs a passphrase') as string,
    });
    expect(await readdir(workDirectory)).toEqual([]);
  });
});

/** Changes a byte of a file. */
async function flip(file: string, at: number): Promise<void> {
  const handle = await open(file, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, at);
  byte[0]! ^= 0x55;
  await handle.write(byte, 0, 1, at);
  await handle.close();
}

describe('a damaged artifact', () => {
  const sizeOf = async (file: string) => (await stat(file)).size;
  const damages: [string, (file: string) => Promise<unknown>][] = [
    ['with a changed byte near its beginning', (file) => flip(file, 300)],
    ['with a changed byte in the middle', async (file) => flip(file, (await sizeOf(file)) >> 1)],
    ['with a changed last byte', async (file) => flip(file, (await sizeOf(file)) - 1)],
    ['cut short by a byte', async (file) => truncate(file, (await sizeOf(file)) - 1)],
    ['cut short in the middle', async (file) => truncate(file, (await sizeOf(file)) >> 1)],
    ['cut short at its beginning', (file) => truncate(file, 60)],
    ['that is empty', (file) => truncate(file, 0)],
    ['that is another file', (file) => writeFile(file, randomBytes(10_000))],
  ];
  const found = {
    type: 'ArtifactDamaged',
    message: expect.stringMatching(
      new RegExp(
        `^${KEY} (cannot be|was changed|holds an archive|is not what).*; restore from another store, or restore another backup\\.$`,
      ),
    ) as string,
  };

  describe.each<[string, PackOptions['codec'], boolean]>([
    ['encrypted, zstd', 'zstd', true],
    ['encrypted, gzip', 'gzip', true],
    ['zstd', 'zstd', false],
    ['gzip', 'gzip', false],
  ])('(%s)', (_kind, codec, isEncrypted) => {
    it.each(damages)('%s is found', async (_what, damage) => {
      const packed = await pack({ ...(codec && { codec }), recipients: isEncrypted ? [alice] : [] });
      await damage(packed.file);
      await expect(unpackWith(packed, isEncrypted ? await keysOf(alice) : undefined)).rejects.toMatchObject(
        found,
      );
      expect(await readdir(workDirectory)).toEqual([]);
    });
  });

  it('that was changed where only the seal tells is named so', async () => {
    const packed = await pack({ recipients: [alice] });
    await flip(packed.file, (await sizeOf(packed.file)) - 1);
    await expect(unpackWith(packed, await keysOf(alice))).rejects.toThrow(
      `${KEY} was changed after it was encrypted, or is cut short; `,
    );
  });

  it('is what is compressed well and no archive', async () => {
    const { artifact } = await pack();
    const file = join(scratch, 'no-archive');
    await execa('zstd', ['-q', '--stdout'], { input: 'no archive'.repeat(1000), stdout: { file } });
    await expect(unpackWith({ artifact, file })).rejects.toThrow(
      `${KEY} holds an archive that cannot be read to its end; `,
    );
  });
});

describe('unpacking', () => {
  it('onto a full volume is not the artifact’s fault', async () => {
    const packed = await pack({ recipients: [alice] });
    const wrapped = await makeWrappedPrograms();
    onTestFinished(() => wrapped[Symbol.asyncDispose]());
    await wrapped.wrap({
      name: 'tar',
      script:
        'head -c 1000 >/dev/null; echo "tar: 3002.dat: Cannot write: No space left on device" >&2; exit 2',
    });
    const programDirectories = [wrapped.directory, ...path];
    await expect(unpackWith(packed, await keysOf(alice), { programDirectories })).rejects.toMatchObject({
      type: 'StagingFull',
      message: expect.stringContaining('No space left on device') as string,
    });
  });

  it('ends all programs when it is cancelled, and removes the keys', async () => {
    const packed = await pack({ recipients: [alice] });
    const wrapped = await makeWrappedPrograms();
    onTestFinished(() => wrapped[Symbol.asyncDispose]());
    const tar = await wrapped.wrap({
      name: 'tar',
      script: ': > "$state/held"; while :; do sleep 0.05; done',
    });
    const controller = new AbortController();
    const settled = unpackWith(packed, await keysOf(alice), {
      programDirectories: [wrapped.directory, ...path],
      signal: controller.signal,
    }).catch((error: unknown) => error);
    await tar.held();
    const [pid] = await tar.runs();
    controller.abort(new Error('cancelled by hand'));
    expect(await settled).toMatchObject({ message: 'cancelled by hand' });
    expect(await readdir(workDirectory)).toEqual([]);
    await waitUntil('tar ends', async () =>
      (await findProcesses(wrapped.directory)).every((found) => found.pid !== pid),
    );
    await untilNothingRuns();
    await waitUntil(
      'gpg and its agent end',
      async () => (await findProcesses(`/proc/${process.pid}/fd/`)).length === 0,
    );
  });
});
