import pMap from 'p-map';
import { OperationError } from '../model/failures.js';
import { parseVerificationKey, verificationKey, verificationPrefix } from '../model/keys.js';
import { parseBackupId } from '../model/names.js';
import { parseReadBackRecord, type ReadBackRecord, type ReadObject } from '../model/verification.js';
import type { Store } from '../stores/store.js';
import { nameReadable } from './plan-read-back.js';

/** Records read at once. */
const CONCURRENCY = 8;
const DAY = 86_400_000;

/** What was read back before. */
export interface PastReads {
  /** The last reading of each object, by {@link nameReadable}, with the last digest that is known of it. */
  last: Map<string, ReadObject>;
  /** When the first verification was that read anything back; absent when there was none. */
  begunAt?: Date;
}

/**
 * Finds out when each object was last read back: by the records of twice the days in which everything has its turn, since a
 * verification may have been missed.
 */
export async function listPastReads(
  store: Store,
  server: string,
  { days, now }: { days: number; now: Date },
  signal: AbortSignal,
): Promise<PastReads> {
  const ids: { id: string; time: Date }[] = [];
  for (const year of [now.getUTCFullYear() - 1, now.getUTCFullYear()])
    for await (const { key } of store.list(verificationPrefix(server, year), signal)) {
      const parsed = parseVerificationKey(server, key);
      if (parsed?.part === 'readBack') ids.push({ id: parsed.id, time: parseBackupId(parsed.id)!.time });
    }
  const recent = ids.filter(({ time }) => now.getTime() - time.getTime() <= (2 * days + 1) * DAY);
  const records = await pMap(recent, ({ id }) => readReadBack(store, server, id, signal), {
    concurrency: CONCURRENCY,
    signal,
  });
  const last = new Map<string, ReadObject>();
  for (const record of records)
    for (const read of record?.objects ?? []) {
      const name = nameReadable(read);
      last.set(name, { sha256: last.get(name)?.sha256, ...read });
    }
  return { last, ...(ids[0] ? { begunAt: ids[0].time } : {}) };
}

/** What one verification read back; undefined when it did not, and when that cannot be understood. */
export async function readReadBack(
  store: Store,
  server: string,
  id: string,
  signal: AbortSignal,
): Promise<ReadBackRecord | undefined> {
  const key = verificationKey(server, id, 'readBack');
  const document = await store.getDocument(key, signal);
  try {
    return document && parseReadBackRecord(document.toString(), key);
  } catch (error) {
    if (error instanceof OperationError && error.type === 'ManifestUnreadable') return undefined;
    throw error;
  }
}
