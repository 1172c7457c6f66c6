// Uploads one file to one store, told on standard input, and says how long it took and what it held in memory.
import { text } from 'node:stream/consumers';
import type { StoreConfiguration } from '../src/model/store-configuration.js';
import { openStore, type StoreSecrets } from '../src/stores/open-store.js';
import type { SourceFile } from '../src/stores/store.js';
import { readPeakMemory, resetPeakMemory } from './process-memory.js';
import { time } from './statistics.js';

/** What such a process is told. */
export interface UploadTask {
  store: StoreConfiguration;
  secrets: StoreSecrets;
  key: string;
  file: SourceFile;
}

/** What it says. */
export interface UploadMeasurement {
  seconds: number;
  /** Above what it held when the store was open and had been asked for once; bytes. */
  memoryAboveIdle: number;
}

const { store: configuration, secrets, key, file } = JSON.parse(await text(process.stdin)) as UploadTask;
const { signal } = new AbortController();
const store = await openStore(configuration, secrets);
await store.check(signal);
await resetPeakMemory(process.pid);
const idle = await readPeakMemory(process.pid);
const seconds = await time(() => store.putFile(key, file, { signal, onProgress: () => undefined }));
const measured: UploadMeasurement = {
  seconds,
  memoryAboveIdle: (await readPeakMemory(process.pid)) - idle,
};
console.log(JSON.stringify(measured));
