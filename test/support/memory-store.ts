import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { OperationError } from '../../src/model/failures.js';
import type {
  Source,
  Store,
  StoredObject,
  StoredObjectDetails,
  StoreReceipt,
  TransferOptions,
  UnfinishedUpload,
} from '../../src/stores/store.js';

interface Entry {
  content: Buffer;
  modifiedAt: Date;
  lockedUntil?: Date;
}

/** A store in memory, with a clock, locks and unfinished uploads that a test sets by hand. */
export class MemoryStore implements Store {
  constructor(readonly name = 'memory') {}

  readonly url = 'memory:';
  /** The store's own clock. */
  now = new Date('2026-06-01T00:00:00Z');
  /** Called after every change, to watch that each state on the way is a sound one. */
  onChange: () => void = () => undefined;
  readonly unfinished = new Map<string, Date>();
  private readonly entries = new Map<string, Entry>();
  /** Counts the changes. */
  private version = 0;

  /** Puts an object there as if it had been stored at `modifiedAt`. */
  seed(key: string, content: Buffer | string, modifiedAt = this.now): void {
    this.entries.set(key, { content: Buffer.from(content), modifiedAt });
    this.version++;
  }

  private changed(): void {
    this.version++;
    this.onChange();
  }

  lock(key: string, lockedUntil: Date): void {
    this.entries.get(key)!.lockedUntil = lockedUntil;
  }

  keys(): string[] {
    return [...this.entries.keys()].sort();
  }

  check(signal: AbortSignal): Promise<void> {
    return attempt(signal, () => undefined);
  }

  async putFile(key: string, file: Source, { signal, onProgress }: TransferOptions): Promise<StoreReceipt> {
    const content =
      'store' in file
        ? await buffer(await file.store.openRead(file.key, signal))
        : await readFile(file.path, { signal });
    if (sha256Of(content) !== file.sha256)
      throw new OperationError('ArtifactDamaged', 'The source changed after it was made; make it again.');
    await this.putDocument(key, content, signal);
    onProgress(content.length);
    return { bytes: content.length, sha256: file.sha256 };
  }

  putDocument(key: string, content: Buffer, signal: AbortSignal): Promise<void> {
    return attempt(signal, () => {
      const existing = this.entries.get(key);
      if (existing?.content.equals(content)) return;
      if (existing)
        throw new OperationError('StoreConflict', `${key} holds something else; find out who wrote it.`);
      this.entries.set(key, { content, modifiedAt: this.now });
      this.unfinished.delete(key);
      this.changed();
    });
  }

  verify(key: string, receipt: StoreReceipt, { signal }: TransferOptions): Promise<void> {
    return attempt(signal, () => {
      const content = this.entries.get(key)?.content;
      if (content?.length !== receipt.bytes || sha256Of(content) !== receipt.sha256)
        throw new OperationError('ArtifactDamaged', `${key} is not what was made; make it again.`);
    });
  }

  getDocument(key: string, signal: AbortSignal): Promise<Buffer | undefined> {
    return attempt(signal, () => this.entries.get(key)?.content);
  }

  openRead(key: string, signal: AbortSignal, start = 0): Promise<Readable> {
    return attempt(signal, () => {
      const entry = this.entries.get(key);
      if (!entry) throw new OperationError('StoreNotFound', `${key} is not there; check the key.`);
      return Readable.from([entry.content.subarray(start)]);
    });
  }

  describe(key: string, signal: AbortSignal): Promise<StoredObjectDetails | undefined> {
    return attempt(signal, () => {
      const entry = this.entries.get(key);
      if (!entry) return undefined;
      const { content, ...details } = entry;
      return { key, bytes: content.length, ...details };
    });
  }

  /** Looks anew at what there is after the last key whenever something changed, as a listing in pages may. */
  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    let ahead: string[] = [];
    let version: number | undefined;
    for (let last = ''; ;) {
      await attempt(signal, () => undefined);
      if (version !== this.version) ahead = this.keys().filter((key) => key.startsWith(prefix) && key > last);
      version = this.version;
      const key = ahead.shift();
      if (!key) return;
      const { content, modifiedAt } = this.entries.get(key)!;
      yield { key, bytes: content.length, modifiedAt };
      last = key;
    }
  }

  delete(key: string, signal: AbortSignal): Promise<void> {
    return attempt(signal, () => {
      const lockedUntil = this.entries.get(key)?.lockedUntil;
      if (lockedUntil && lockedUntil > this.now)
        throw new OperationError('StoreDenied', `${key} is locked; wait until the lock ends.`);
      this.entries.delete(key);
      this.changed();
    });
  }

  async *listUnfinished(prefix: string, signal: AbortSignal): AsyncGenerator<UnfinishedUpload> {
    const uploads = await attempt(signal, () => [...this.unfinished]);
    for (const [key, startedAt] of uploads) if (key.startsWith(prefix)) yield { key, startedAt };
  }

  abortUnfinished(key: string, signal: AbortSignal): Promise<void> {
    return attempt(signal, () => void this.unfinished.delete(key));
  }
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Answers later, as a store does, and not at all when the signal is aborted. */
async function attempt<T>(signal: AbortSignal, answer: () => T): Promise<T> {
  await Promise.resolve();
  signal.throwIfAborted();
  return answer();
}
