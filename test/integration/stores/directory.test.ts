import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/stores/open-store.js';
import type { Store } from '../../../src/stores/store.js';
import { describeStore, type StoreUnderTest } from './conformance.js';
import { makeSourceFiles } from './source-files.js';

const never = new AbortController().signal;
const MIB = 1024 ** 2;

async function startDirectories(): Promise<StoreUnderTest & { make: () => Promise<string> }> {
  const parent = await mkdtemp(join(tmpdir(), 'temponest-directory-store-'));
  const make = () => mkdtemp(join(parent, 'store '));
  return {
    make,
    open: async () => await openStore({ url: pathToFileURL(await make()).href }),
    tamper: (store, key, content) => writeFile(join(fileURLToPath(store.url), key), content),
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true, force: true }),
  };
}

describeStore('a directory', startDirectories);

describe('the directory store', () => {
  let directories: Awaited<ReturnType<typeof startDirectories>>;
  let files: Awaited<ReturnType<typeof makeSourceFiles>>;
  let root: string;
  let store: Store;
  beforeAll(async () => {
    directories = await startDirectories();
    files = await makeSourceFiles();
  });
  afterAll(async () => {
    await files[Symbol.asyncDispose]();
    await directories[Symbol.asyncDispose]();
  });

  async function openEmpty(): Promise<void> {
    root = await directories.make();
    store = await openStore({ name: 'primary', url: pathToFileURL(root).href });
  }

  it('keeps files and folders for their owner', async () => {
    await openEmpty();
    const file = await files.make(10);
    await store.putFile('a/b/file', file, { signal: never, onProgress: () => undefined });
    await store.putDocument('a/doc', Buffer.from('x'), never);
    const modes = await Promise.all(
      ['a', 'a/b', 'a/b/file', 'a/doc'].map(async (path) => (await stat(join(root, path))).mode),
    );
    expect(modes.map((mode) => mode & 0o777)).toEqual([0o700, 0o700, 0o600, 0o600]);
  });

  it('has no file under the final name before it is whole', async () => {
    await openEmpty();
    const file = await files.make(40 * MIB);
    const seen: boolean[] = [];
    await store.putFile('a/file', file, {
      signal: never,
      onProgress: () => seen.push(existsSync(join(root, 'a/file'))),
    });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen).not.toContain(true);
    expect(await readdir(join(root, 'a'))).toEqual(['file']);
  });

  it('goes on in the same file after an interruption, and corrects what a crash left in it', async () => {
    await openEmpty();
    const file = await files.make(40 * MIB);
    const interruption = new AbortController();
    const put = store.putFile('a/file', file, {
      signal: interruption.signal,
      onProgress: () => interruption.abort(),
    });
    await expect(put).rejects.toThrow();
    const [partial] = await readdir(join(root, 'a'));
    const before = await stat(join(root, 'a', partial!));
    expect(before.size).toBeGreaterThanOrEqual(16 * MIB);
    // Blocks that were never written come back as zeros, and more may have been allotted than the file has.
    await using handle = await open(join(root, 'a', partial!), 'r+');
    await handle.write(Buffer.alloc(5000), 0, 5000, 3 * MIB);
    await handle.truncate(50 * MIB);

    const options = { signal: never, onProgress: () => undefined };
    await store.verify('a/file', await store.putFile('a/file', file, options), options);
    expect((await stat(join(root, 'a/file'))).ino).toBe(before.ino);
    expect(await readdir(join(root, 'a'))).toEqual(['file']);
  });

  it('finishes an upload that died between the link and the removal of the partial file', async () => {
    await openEmpty();
    const file = await files.make(10);
    await mkdir(join(root, 'a'));
    await writeFile(join(root, 'a', `.file.${file.sha256.slice(0, 12)}.partial`), file.content);
    await writeFile(join(root, 'a/file'), file.content);
    const options = { signal: never, onProgress: () => undefined };
    await store.verify('a/file', await store.putFile('a/file', file, options), options);
    expect(await readdir(join(root, 'a'))).toEqual(['file']);
  });

  it.each(['../out', 'a/../../out', '/out', 'a//b', '.hidden', 'a/.', '', 'a\0b'])(
    'refuses the key %j',
    async (key) => {
      await openEmpty();
      const refusal = { type: 'InvalidArgument' };
      await expect(store.putDocument(key, Buffer.from('x'), never)).rejects.toMatchObject(refusal);
      await expect(store.delete(key, never)).rejects.toMatchObject(refusal);
      await expect(store.openRead(key, never)).rejects.toMatchObject(refusal);
      expect(await readdir(root)).toEqual([]);
    },
  );

  it('does not list outside of itself', async () => {
    await openEmpty();
    const listing = store.list('../', never)[Symbol.asyncIterator]();
    await expect(listing.next()).rejects.toMatchObject({ type: 'InvalidArgument' });
  });

  it('says what to do when its root does not exist, and never makes it', async () => {
    await openEmpty();
    await rm(root, { recursive: true });
    const fault = {
      type: 'StoreNotFound',
      message: `Store "primary": ${root} does not exist; mount or create it, or correct the url in the configuration.`,
    };
    const file = await files.make(10);
    await expect(store.check(never)).rejects.toMatchObject(fault);
    await expect(
      store.putFile('a/file', file, { signal: never, onProgress: () => undefined }),
    ).rejects.toMatchObject(fault);
    await expect(store.putDocument('a/doc', Buffer.from('x'), never)).rejects.toMatchObject(fault);
    await expect(store.getDocument('a/doc', never)).rejects.toMatchObject(fault);
    await expect(store.list('', never)[Symbol.asyncIterator]().next()).rejects.toMatchObject(fault);
    expect(existsSync(root)).toBe(false);
  });

  it('says so when its root is a file', async () => {
    await openEmpty();
    await rm(root, { recursive: true });
    await writeFile(root, '');
    await expect(store.check(never)).rejects.toMatchObject({
      type: 'StoreNotFound',
      message: expect.stringContaining('is not a directory') as string,
    });
  });

  it.runIf(canMount())('says that the disk is full, and goes on when there is space again', async () => {
    await openEmpty();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', root]);
    try {
      const file = await files.make(6 * MIB);
      const options = { signal: never, onProgress: () => undefined };
      await expect(store.putFile('a/file', file, options)).rejects.toMatchObject({
        type: 'StoreFull',
        message: `Store "primary" (${root}): the disk is full (ENOSPC); free space in the store, or enlarge it.`,
      });
      expect(await store.describe('a/file', never)).toBeUndefined();
      execFileSync('mount', ['-o', 'remount,size=16m', root]);
      await store.verify('a/file', await store.putFile('a/file', file, options), options);
    } finally {
      execFileSync('umount', [root]);
    }
  });
});

/** Whether this process may mount a small file system. */
function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
