import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeName } from '../../../src/model/names.js';
import type { Store, StoreReceipt, TransferOptions } from '../../../src/stores/store.js';
import { makeSourceFiles, type TestFile } from './source-files.js';

/** A store, and what a test does behind its back. */
export interface StoreUnderTest extends AsyncDisposable {
  /** Opens a store on an empty place of its own. */
  open(): Promise<Store>;
  /** Replaces what a key of `store` holds, as somebody else would who knows how the store records its objects. */
  tamper(store: Store, key: string, content: Buffer, recordedSha256: string): Promise<void>;
}

/** From this size on, stores that know parts use several. */
const PART = 8 * 1024 ** 2;
const SIZES = [0, 1, PART - 1, PART, PART + 1, 3 * PART + 5];

const never = new AbortController().signal;

function transfer(options: Partial<TransferOptions> = {}): TransferOptions {
  return { signal: never, onProgress: () => undefined, ...options };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function keysBelow(store: Store, prefix: string): Promise<string[]> {
  return (await collect(store.list(prefix, never))).map(({ key }) => key);
}

async function unfinishedBelow(store: Store, prefix: string): Promise<string[]> {
  return (await collect(store.listUnfinished(prefix, never))).map(({ key }) => key);
}

async function readBack(store: Store, key: string, start?: number): Promise<Buffer> {
  return await buffer(await store.openRead(key, never, start));
}

/** Starts to store a file and aborts when the first bytes are durable. */
async function interruptPut(store: Store, key: string, file: TestFile): Promise<void> {
  const interruption = new AbortController();
  const reason = new Error('the worker is told to stop');
  const put = store.putFile(
    key,
    file,
    transfer({ signal: interruption.signal, onProgress: () => interruption.abort(reason) }),
  );
  await expect(put).rejects.toBe(reason);
}

/** What every store must do, whatever it is made of. */
export function describeStore(kind: string, start: () => Promise<StoreUnderTest>): void {
  describe(`the store on ${kind}`, () => {
    let under: StoreUnderTest;
    let files: Awaited<ReturnType<typeof makeSourceFiles>>;
    beforeAll(async () => {
      under = await start();
      files = await makeSourceFiles();
    });
    afterAll(async () => {
      await files[Symbol.asyncDispose]();
      await under[Symbol.asyncDispose]();
    });

    describe('putFile', () => {
      it.each(SIZES)('keeps a file of %d bytes, its size and its digest', async (bytes) => {
        const store = await under.open();
        const file = await files.make(bytes);
        const progress: number[] = [];
        const receipt = await store.putFile(
          'a/file',
          file,
          transfer({ onProgress: (done) => progress.push(done) }),
        );
        expect(receipt).toMatchObject({ bytes, sha256: file.sha256 });
        expect(JSON.parse(JSON.stringify(receipt))).toEqual(receipt);
        expect(file.content.equals(await readBack(store, 'a/file'))).toBe(true);
        expect(await store.describe('a/file', never)).toMatchObject({ key: 'a/file', bytes });
        expect(progress.at(-1)).toBe(bytes);
        expect(progress).toEqual(progress.toSorted((a, b) => a - b));
        await store.verify('a/file', receipt, transfer());
        expect(await unfinishedBelow(store, '')).toEqual([]);
      });

      it('is done when the key holds the file already', async () => {
        const store = await under.open();
        const file = await files.make(PART + 1);
        await store.putFile('a/file', file, transfer());
        const receipt = await store.putFile('a/file', file, transfer());
        await store.verify('a/file', receipt, transfer());
      });

      it.each([
        ['longer', 1001],
        ['shorter', 999],
        ['of the same size', 1000],
      ])('refuses a key that holds something else that is %s', async (_, bytes) => {
        const store = await under.open();
        const first = await files.make(1000);
        await store.putFile('a/file', first, transfer());
        await expect(store.putFile('a/file', await files.make(bytes), transfer())).rejects.toMatchObject({
          type: 'StoreConflict',
          message: expect.stringContaining('a/file') as string,
        });
        expect(first.content.equals(await readBack(store, 'a/file'))).toBe(true);
      });

      it.each([1000, 2 * PART])(
        'refuses a file of %d bytes that changed after it was made',
        async (bytes) => {
          const store = await under.open();
          const file = await files.make(bytes);
          const damaged = { ...file, sha256: (await files.make(bytes)).sha256 };
          await expect(store.putFile('a/file', damaged, transfer())).rejects.toMatchObject({
            type: 'ArtifactDamaged',
          });
          await expect(
            store.putFile('a/file', { ...file, bytes: bytes + 1 }, transfer()),
          ).rejects.toMatchObject({ type: 'ArtifactDamaged' });
          await expect(
            store.putFile('a/file', { ...file, path: `${file.path}-gone` }, transfer()),
          ).rejects.toMatchObject({ type: 'ArtifactDamaged' });
          expect(await store.describe('a/file', never)).toBeUndefined();
          expect(await unfinishedBelow(store, '')).toEqual([]);
        },
      );

      it.each(SIZES)("copies another store's object of %d bytes", async (bytes) => {
        const [store, other] = [await under.open(), await under.open()];
        const { path, content, ...made } = await files.make(bytes);
        await other.putFile('a/original', { path, ...made }, transfer());
        const object = { store: other, key: 'a/original', ...made };
        const receipt = await store.putFile('b/copy', object, transfer());
        await store.verify('b/copy', receipt, transfer());
        expect(content.equals(await readBack(store, 'b/copy'))).toBe(true);
      });

      it.each([1000, 2 * PART])('refuses to copy a damaged object of %d bytes', async (bytes) => {
        const [store, other] = [await under.open(), await under.open()];
        const { path, content, ...made } = await files.make(bytes);
        await other.putFile('a/original', { path, ...made }, transfer());
        const object = { store: other, key: 'a/original', ...made };
        const damaged = { ...object, sha256: (await files.make(bytes)).sha256 };
        await expect(store.putFile('b/copy', damaged, transfer())).rejects.toMatchObject({
          type: 'ArtifactDamaged',
          message: expect.stringContaining('a/original') as string,
        });
        const longer = { ...object, bytes: content.length + 1 };
        await expect(store.putFile('b/copy', longer, transfer())).rejects.toMatchObject({
          type: 'StoreUnreachable',
        });
        const missing = { ...object, key: 'a/missing' };
        await expect(store.putFile('b/copy', missing, transfer())).rejects.toMatchObject({
          type: 'StoreNotFound',
        });
        expect(await store.describe('b/copy', never)).toBeUndefined();
      });

      it("goes on with an interrupted upload of a file, from another store's copy of it", async () => {
        const [store, other] = [await under.open(), await under.open()];
        const file = await files.make(8 * PART);
        await other.putFile('a/file', file, transfer());
        await interruptPut(store, 'a/file', file);
        const { bytes, sha256, content } = file;
        const receipt = await store.putFile(
          'a/file',
          { store: other, key: 'a/file', bytes, sha256 },
          transfer(),
        );
        await store.verify('a/file', receipt, transfer());
        expect(content.equals(await readBack(store, 'a/file'))).toBe(true);
        expect(await unfinishedBelow(store, 'a/')).toEqual([]);
      });

      it('shows nothing of an interrupted upload, and goes on with it', async () => {
        const store = await under.open();
        const file = await files.make(8 * PART);
        await interruptPut(store, 'a/b/file', file);
        expect(await store.describe('a/b/file', never)).toBeUndefined();
        expect(await keysBelow(store, 'a/')).toEqual([]);
        expect(await unfinishedBelow(store, 'a/')).toEqual(['a/b/file']);

        const receipt = await store.putFile('a/b/file', file, transfer());
        await store.verify('a/b/file', receipt, transfer());
        expect(file.content.equals(await readBack(store, 'a/b/file'))).toBe(true);
        expect(await unfinishedBelow(store, 'a/')).toEqual([]);
      });

      it('does not mix an interrupted upload of one file with another file', async () => {
        const store = await under.open();
        await interruptPut(store, 'a/file', await files.make(8 * PART));
        const other = await files.make(3 * PART);
        const receipt = await store.putFile('a/file', other, transfer());
        await store.verify('a/file', receipt, transfer());
        expect(other.content.equals(await readBack(store, 'a/file'))).toBe(true);
      });

      it('rejects with the reason of a signal that is aborted already, and leaves nothing', async () => {
        const store = await under.open();
        const reason = new Error('cancelled');
        await expect(
          store.putFile('a/file', await files.make(10), transfer({ signal: AbortSignal.abort(reason) })),
        ).rejects.toBe(reason);
        expect(await unfinishedBelow(store, '')).toEqual([]);
      });

      it('lets two calls store the same file at once', async () => {
        const store = await under.open();
        const file = await files.make(3 * PART);
        const receipts = await Promise.all([1, 2].map(() => store.putFile('a/file', file, transfer())));
        for (const receipt of receipts) await store.verify('a/file', receipt, transfer());
        expect(file.content.equals(await readBack(store, 'a/file'))).toBe(true);
      });

      it.each([1000, 3 * PART])(
        'lets one of two calls win that store files of %d bytes at once',
        async (bytes) => {
          const store = await under.open();
          const candidates = [await files.make(bytes), await files.make(bytes)];
          const results = await Promise.allSettled(
            candidates.map((file) => store.putFile('a/file', file, transfer())),
          );
          const winner = results.findIndex(({ status }) => status === 'fulfilled');
          const lost = results[1 - winner] as PromiseRejectedResult;
          expect(lost.reason).toMatchObject({ type: 'StoreConflict' });
          expect(candidates[winner]!.content.equals(await readBack(store, 'a/file'))).toBe(true);
        },
      );
    });

    describe('putDocument', () => {
      it('keeps a document and takes the same again', async () => {
        const store = await under.open();
        const content = Buffer.from('{"format":"1.0"}');
        await store.putDocument('a/manifest.json', content, never);
        await store.putDocument('a/manifest.json', content, never);
        expect(await store.getDocument('a/manifest.json', never)).toEqual(content);
      });

      it('refuses other content, also of two calls at once', async () => {
        const store = await under.open();
        const contents = ['one', 'two'].map((text) => Buffer.from(text));
        const results = await Promise.allSettled(
          contents.map((content) => store.putDocument('a/doc', content, never)),
        );
        const winner = results.findIndex(({ status }) => status === 'fulfilled');
        expect((results[1 - winner] as PromiseRejectedResult).reason).toMatchObject({
          type: 'StoreConflict',
        });
        expect(await store.getDocument('a/doc', never)).toEqual(contents[winner]);
        await expect(store.putDocument('a/doc', Buffer.from('three'), never)).rejects.toMatchObject({
          type: 'StoreConflict',
        });
      });
    });

    describe('verify', () => {
      /** Stores a file and has its object replaced. */
      async function storeAndTamper(
        bytes: number,
        change: (content: Buffer) => Buffer,
      ): Promise<{ store: Store; receipt: StoreReceipt }> {
        const store = await under.open();
        const file = await files.make(bytes);
        const receipt = await store.putFile('a/file', file, transfer());
        await under.tamper(store, 'a/file', change(Buffer.from(file.content)), file.sha256);
        return { store, receipt };
      }

      it.each([1000, 2 * PART])('finds an object of %d bytes that was cut', async (bytes) => {
        const { store, receipt } = await storeAndTamper(bytes, (content) => content.subarray(0, -1));
        await expect(store.verify('a/file', receipt, transfer())).rejects.toMatchObject({
          type: 'ArtifactDamaged',
          message: expect.stringContaining(`${bytes - 1} bytes instead of ${bytes}`) as string,
        });
      });

      it.each([1000, 2 * PART])('finds one flipped bit among %d bytes', async (bytes) => {
        const { store, receipt } = await storeAndTamper(bytes, (content) => {
          content[bytes - 1]! ^= 1;
          return content;
        });
        await expect(store.verify('a/file', receipt, transfer())).rejects.toMatchObject({
          type: 'ArtifactDamaged',
        });
        const { checksum, ...readBackOnly } = receipt;
        await expect(store.verify('a/file', readBackOnly, transfer())).rejects.toMatchObject({
          type: 'ArtifactDamaged',
        });
      });

      it('finds that an object is missing', async () => {
        const store = await under.open();
        await expect(
          store.verify('a/file', { bytes: 1, sha256: 'f'.repeat(64) }, transfer()),
        ).rejects.toMatchObject({
          type: 'ArtifactDamaged',
          message: expect.stringContaining('missing') as string,
        });
      });
    });

    describe('reading', () => {
      it('starts where it is told, also at the end', async () => {
        const store = await under.open();
        const file = await files.make(1000);
        await store.putFile('a/file', file, transfer());
        expect(await readBack(store, 'a/file', 990)).toEqual(file.content.subarray(990));
        expect(await readBack(store, 'a/file', 1000)).toEqual(Buffer.alloc(0));
      });

      it('tells what is not there', async () => {
        const store = await under.open();
        expect(await store.getDocument('a/none', never)).toBeUndefined();
        expect(await store.describe('a/none', never)).toBeUndefined();
        await expect(store.openRead('a/none', never)).rejects.toMatchObject({ type: 'StoreNotFound' });
      });

      it('ends with the reason of the signal', async () => {
        const store = await under.open();
        await store.putFile('a/file', await files.make(4 * PART), transfer());
        const interruption = new AbortController();
        const reason = new Error('enough');
        const reading = (async () => {
          for await (const piece of await store.openRead('a/file', interruption.signal)) {
            void piece;
            interruption.abort(reason);
          }
        })();
        await expect(reading).rejects.toBe(reason);
      });
    });

    describe('keys', () => {
      const names = [
        'ü/ä',
        `a"b'c`,
        ' sp ace ',
        '..',
        '.',
        '%',
        '%2F',
        '+',
        '*',
        '\\',
        'é'.repeat(31),
        '<&>',
      ];

      it.each(names)('may be made of the name %j', async (name) => {
        const store = await under.open();
        const segment = encodeName(name);
        const key = `postgres/${segment}/${segment}/${segment}_20250101_020000.dump.tar.zst.gpg`;
        const file = await files.make(10);
        await store.verify(key, await store.putFile(key, file, transfer()), transfer());
        expect(await readBack(store, key)).toEqual(file.content);
        expect(await keysBelow(store, `postgres/${segment}/`)).toEqual([key]);
        await store.delete(key, never);
        expect(await keysBelow(store, '')).toEqual([]);
      });

      it('are listed in their order, and a prefix is a whole name', async () => {
        const store = await under.open();
        const keys = [
          'app-x/1',
          'app.x/1',
          'app/1',
          'app/2',
          'app/sub/3',
          'app0/1',
          'app_staging/1',
          'b',
          'b-2',
          'b0',
        ];
        for (const key of keys.toReversed()) await store.putDocument(key, Buffer.from(key), never);
        expect(await keysBelow(store, '')).toEqual(keys);
        expect(await keysBelow(store, 'app/')).toEqual(['app/1', 'app/2', 'app/sub/3']);
        expect(await keysBelow(store, 'ap/')).toEqual([]);
        const [first] = await collect(store.list('app/', never));
        expect(first).toMatchObject({ key: 'app/1', bytes: 5 });
        expect(Math.abs(first!.modifiedAt.getTime() - Date.now())).toBeLessThan(600_000);
      });
    });

    it('deletes an object, and only that, and not twice', async () => {
      const store = await under.open();
      for (const key of ['a/file', 'a/file2', 'a/b/file'])
        await store.putDocument(key, Buffer.from(key), never);
      await store.delete('a/file', never);
      await store.delete('a/file', never);
      expect(await keysBelow(store, '')).toEqual(['a/b/file', 'a/file2']);
    });

    it('lists unfinished uploads below a prefix, and gives them up', async () => {
      const store = await under.open();
      const file = await files.make(8 * PART);
      for (const key of ['app/file', 'app_staging/file']) await interruptPut(store, key, file);
      expect(await unfinishedBelow(store, 'app/')).toEqual(['app/file']);
      const [upload] = await collect(store.listUnfinished('app/', never));
      expect(Math.abs(upload!.startedAt.getTime() - Date.now())).toBeLessThan(600_000);
      await store.abortUnfinished('app/file', never);
      await store.abortUnfinished('app/file', never);
      expect(await unfinishedBelow(store, '')).toEqual(['app_staging/file']);
      await store.abortUnfinished('app_staging/file', never);
      expect(await unfinishedBelow(store, '')).toEqual([]);
    });

    it('can be checked without writing anything', async () => {
      const store = await under.open();
      await store.check(never);
      expect(await keysBelow(store, '')).toEqual([]);
    });
  });
}
