import { createHash, randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/model/manifest.js';
import { downloadArtifact } from '../../src/restores/download-artifact.js';
import { MemoryStore } from '../support/memory-store.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const KEY = 'postgres/prod/app/app_20260601_020000.dump.tar.zst';
const content = randomBytes(300_000);
const { signal } = new AbortController();
const artifact: Artifact = {
  key: KEY,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  codec: 'zstd',
  encryption: { method: 'none' },
};

/** A store that counts the bytes it is asked for, and sends them in pieces. */
class CountingStore extends MemoryStore {
  /** The first byte of each reading, and how many were taken. */
  readonly readings: { start: number; bytes: number }[] = [];
  /** How the next reading ends after so many bytes: with an error, or as if that were all. */
  interruption: { afterBytes: number; error?: Error } | undefined;

  override async openRead(key: string, signal: AbortSignal, start = 0): Promise<Readable> {
    const whole = (await (await super.openRead(key, signal, start)).toArray()) as Buffer[];
    const reading = { start, bytes: 0 };
    this.readings.push(reading);
    const { interruption } = this;
    this.interruption = undefined;
    return Readable.from(this.send(Buffer.concat(whole), reading, interruption));
  }

  private *send(bytes: Buffer, reading: { bytes: number }, interruption: CountingStore['interruption']) {
    while (reading.bytes < bytes.length) {
      const end = Math.min(reading.bytes + 10_000, bytes.length, interruption?.afterBytes ?? Infinity);
      yield bytes.subarray(reading.bytes, end);
      reading.bytes = end;
      if (end === interruption?.afterBytes) {
        if (interruption.error) throw interruption.error;
        return;
      }
    }
  }
}

let store: CountingStore;
let directory: string;
let file: string;
let progress: number[];
const download = () =>
  downloadArtifact(store, artifact, file, { signal, onProgress: (bytes) => progress.push(bytes) });

beforeEach(async () => {
  store = new CountingStore();
  store.seed(KEY, content);
  directory = await makeScratchDirectory();
  file = join(directory, 'artifact');
  progress = [];
});

/** Leaves what a process leaves that was killed when it had fetched `bytes`. */
async function interruptAt(bytes: number): Promise<void> {
  store.interruption = { afterBytes: bytes, error: new Error('killed') };
  await expect(download()).rejects.toThrow('killed');
  expect(await readdir(directory)).toEqual(['artifact.partial']);
}

async function expectWhole(): Promise<void> {
  expect((await readFile(file)).equals(content)).toBe(true);
  expect(await readdir(directory)).toEqual(['artifact']);
}

describe('a download', () => {
  it('makes the file, and tells how far it is', async () => {
    await download();
    await expectWhole();
    expect(progress.at(-1)).toBe(content.length);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(store.readings).toEqual([{ start: 0, bytes: content.length }]);
  });

  it('that was interrupted goes on where it stopped, however often', async () => {
    await interruptAt(100_000);
    await interruptAt(50_000);
    progress = [];
    await download();
    await expectWhole();
    expect(store.readings).toEqual([
      { start: 0, bytes: 100_000 },
      { start: 100_000, bytes: 50_000 },
      { start: 150_000, bytes: 150_000 },
    ]);
    expect(progress[0]).toBeGreaterThanOrEqual(150_000);
    expect(progress.at(-1)).toBe(content.length);
  });

  it('of which all was there but the name asks for nothing', async () => {
    await writeFile(`${file}.partial`, content);
    await download();
    await expectWhole();
    expect(store.readings).toEqual([]);
  });

  it('that is complete is not done again', async () => {
    await download();
    await store.delete(KEY, signal);
    await download();
    await expectWhole();
  });

  it('begins anew, once, when what an earlier try left is not the beginning of it', async () => {
    for (const left of [randomBytes(100_000), randomBytes(content.length + 1)]) {
      await writeFile(`${file}.partial`, left);
      store.readings.length = 0;
      await download();
      await expectWhole();
      expect(store.readings.at(-1)).toEqual({ start: 0, bytes: content.length });
      await rm(file);
    }
  });

  it('and another at the same time do not harm each other', async () => {
    await interruptAt(100_000);
    await Promise.all([download(), download(), download()]);
    await expectWhole();
  });

  it('takes no more from the store than it can write', async () => {
    const piece = Buffer.alloc(10_000);
    const pieces = 500;
    let furthestAhead = 0;
    function* send() {
      for (let sent = 1; sent <= pieces; sent++) {
        yield piece;
        const written = statSync(`${file}.partial`).size / piece.length;
        furthestAhead = Math.max(furthestAhead, sent - written);
      }
    }
    const bytes = pieces * piece.length;
    const large = {
      ...artifact,
      bytes,
      sha256: createHash('sha256').update(Buffer.alloc(bytes)).digest('hex'),
    };
    store.seed(KEY, Buffer.alloc(bytes));
    store.openRead = () => Promise.resolve(Readable.from(send()));
    await downloadArtifact(store, large, file, { signal, onProgress: () => undefined });
    expect(furthestAhead).toBeGreaterThan(0);
    // What a stream of Node's holds ready (its high water mark), and the 256 KiB that are being written.
    expect(furthestAhead).toBeLessThanOrEqual(17 + 27);
  });

  it('ends when it is aborted, and what it has stays for the next', async () => {
    const controller = new AbortController();
    const aborted = downloadArtifact(store, artifact, file, {
      signal: controller.signal,
      onProgress: (bytes) =>
        void (bytes < content.length && controller.abort(new Error('cancelled by hand'))),
    });
    await expect(aborted).rejects.toThrow('cancelled by hand');
    expect(await readdir(directory)).toEqual(['artifact.partial']);
    await download();
    await expectWhole();
  });
});

describe('a store', () => {
  it('that sends less than it has is asked again by the next try', async () => {
    store.interruption = { afterBytes: 70_000 };
    await expect(download()).rejects.toMatchObject({
      type: 'StoreUnreachable',
      message: `Store "memory" sent 70000 of the 300000 bytes of ${KEY}; check the network and the store endpoint.`,
    });
    await download();
    await expectWhole();
    expect(store.readings.at(-1)).toEqual({ start: 70_000, bytes: 230_000 });
  });

  const remedy = 'restore from another store, or restore another backup.';
  it.each<[string, (store: CountingStore) => unknown, string]>([
    [
      'that has lost it',
      (lost) => lost.delete(KEY, signal),
      `${KEY} is missing from store "memory"; ${remedy}`,
    ],
    [
      'that has less of it',
      (cut) => cut.seed(KEY, content.subarray(0, 299_999)),
      `${KEY} in store "memory" is cut short: 299999 bytes instead of 300000; ${remedy}`,
    ],
    [
      'that has a longer file',
      (other) => other.seed(KEY, Buffer.concat([content, content])),
      `${KEY} in store "memory" is another file: 600000 bytes instead of 300000; ${remedy}`,
    ],
    [
      'that has another file of the same size',
      (other) => other.seed(KEY, randomBytes(content.length)),
      `${KEY} in store "memory" has other content than was stored; ${remedy}`,
    ],
    [
      'in which one bit is another',
      (flipped) => flipped.seed(KEY, content.map((byte, at) => (at === 123_456 ? byte ^ 1 : byte)) as Buffer),
      `${KEY} in store "memory" has other content than was stored; ${remedy}`,
    ],
  ])('%s is told apart, and nothing of it is left', async (_what, damage, message) => {
    await damage(store);
    await expect(download()).rejects.toMatchObject({ type: 'ArtifactDamaged', message });
    expect(await readdir(directory)).toEqual([]);
    expect(store.readings.length).toBeLessThanOrEqual(1);
    store.seed(KEY, content);
    await download();
    await expectWhole();
  });

  it('that is damaged is found also by a download that goes on', async () => {
    await interruptAt(100_000);
    store.seed(KEY, randomBytes(content.length));
    await expect(download()).rejects.toMatchObject({ type: 'ArtifactDamaged' });
    expect(await readdir(directory)).toEqual([]);
  });
});
