import { MemoryStore } from './memory-store.js';

/** A store in memory that counts the documents that are read. */
export class CountingStore extends MemoryStore {
  reads = 0;

  override getDocument(key: string, signal: AbortSignal): Promise<Buffer | undefined> {
    this.reads++;
    return super.getDocument(key, signal);
  }
}
