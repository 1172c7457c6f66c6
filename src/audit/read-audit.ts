import pMap from 'p-map';
import { auditPrefix, auditRecord, parseAuditKey, type AuditRecord } from '../model/audit.js';
import type { Store } from '../stores/store.js';
import { digestOf, type ChainHead } from './make-record.js';

/** Events that are read at once. */
const CONCURRENCY = 16;

/** An event with the object that it was read from; without one, the object is none that was written by us. */
export interface StoredEvent {
  key: string;
  digest: string;
  record?: AuditRecord;
}

/**
 * Reads the events of a store in the order of their time.
 *
 * @param wanted - reads only the objects with keys that it accepts
 */
export async function readAudit(
  store: Store,
  signal: AbortSignal,
  wanted: (event: { time: Date; action: string }) => boolean = () => true,
): Promise<StoredEvent[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(auditPrefix, signal)) {
    const parsed = parseAuditKey(key);
    if (!parsed || wanted(parsed)) keys.push(key);
  }
  const read = await pMap(keys, (key) => readEvent(store, key, signal), { concurrency: CONCURRENCY, signal });
  return read.filter((event) => event !== undefined);
}

async function readEvent(store: Store, key: string, signal: AbortSignal): Promise<StoredEvent | undefined> {
  const content = await store.getDocument(key, signal);
  if (!content) return undefined;
  const digest = digestOf(content);
  try {
    return { key, digest, record: auditRecord.parse(JSON.parse(content.toString())) };
  } catch {
    return { key, digest };
  }
}

/** The newest event of a writer, for one that has lost count. */
export async function findChainHead(
  store: Store,
  writer: string,
  signal: AbortSignal,
  wanted?: (event: { time: Date; action: string }) => boolean,
): Promise<ChainHead> {
  let head: ChainHead = { number: 0 };
  for (const { record, digest } of await readAudit(store, signal, wanted))
    if (record?.chain?.writer === writer && record.chain.number > head.number)
      head = { number: record.chain.number, digest };
  return head;
}
