import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import type { AuditEvent } from '../model/audit.js';
import { OperationError } from '../model/failures.js';
import type { Logger } from '../observability/logger.js';
import { redactedJson } from '../observability/redaction.js';
import { readJson, writeJsonDurably } from '../staging/json-file.js';
import type { StagingVolume } from '../staging/volume.js';
import type { Store } from '../stores/store.js';
import { keyOf, makeRecord, type ChainHead } from './make-record.js';
import { findChainHead } from './read-audit.js';

/** How long whoever writes an event waits for the store, in milliseconds: a backup that failed has people to be told. */
const PATIENCE = 2000;
/** How long the store may take for one event, in milliseconds. */
const STORE_TIMEOUT = 60_000;
/** When the store is tried again, in milliseconds. */
const RETRY_INTERVAL = 60_000;

/** What a worker writes its events into. */
export interface AuditLedger {
  /**
   * Writes an event down: durable on the staging volume when this resolves, and as a rule in the store. A store that is
   * down gets it later, in the same order, from this process or the next one on the volume.
   */
  append(event: AuditEvent): Promise<void>;
  /** Ends the attempts to reach the store. */
  close(): void;
}

/** Where a volume keeps the head of its chain and what is not in the store yet. */
export function ledgerFile({ directory }: Pick<StagingVolume, 'directory'>): string {
  return join(directory, 'audit.json');
}

/** What is in that file. */
export interface LedgerState {
  /** Absent when it is to be found in the store. */
  head?: ChainHead;
  pending: AuditEvent[];
}

/**
 * Opens the ledger of a staging volume, which is this process's alone: so there is one writer of each chain. What an
 * earlier process could not bring to the store is brought there now.
 */
export async function openLedger(volume: StagingVolume, store: Store, logger: Logger): Promise<AuditLedger> {
  const file = ledgerFile(volume);
  const state: LedgerState = (await readJson<LedgerState>(file)) ?? { pending: [] };
  const closing = new AbortController();
  let saved: Promise<void> = Promise.resolve();
  let draining: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;

  const save = () => {
    const write = () => writeJsonDurably(file, state);
    return (saved = saved.then(write, write));
  };

  async function drain(): Promise<void> {
    clearTimeout(retry);
    const signalOfOne = () => AbortSignal.any([closing.signal, AbortSignal.timeout(STORE_TIMEOUT)]);
    try {
      if (state.pending.length > 0) state.head ??= await findChainHead(store, volume.id, signalOfOne());
      for (let event = state.pending[0]; event; event = state.pending[0]) {
        const record = makeRecord(event, volume.id, state.head!);
        if (await putOnce(store, record, signalOfOne())) state.head = record.head;
        state.pending.shift();
        await save();
      }
    } catch (error) {
      if (closing.signal.aborted) return;
      const { message } = error as Error;
      logger.warn({ pending: state.pending.length, error: message }, 'audit events wait for the store');
      retry = setTimeout(() => void start(), RETRY_INTERVAL).unref();
    }
  }

  function start(): Promise<void> {
    draining ??= drain().finally(() => (draining = undefined));
    return draining;
  }

  if (state.pending.length > 0) void start();
  return {
    async append(event) {
      const clean = JSON.parse(redactedJson(event)) as AuditEvent;
      const key = keyOf(clean);
      if (!state.pending.some((other) => keyOf(other) === key)) state.pending.push(clean);
      await save();
      await Promise.race([start(), delay(PATIENCE, undefined, { ref: false })]);
    },
    close() {
      clearTimeout(retry);
      closing.abort(new Error('the worker stops'));
    },
  };
}

/** Stores an event. False when another writer has stored the same one, at another try of the same step. */
async function putOnce(
  store: Store,
  { key, content }: { key: string; content: Buffer },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await store.putDocument(key, content, signal);
    return true;
  } catch (error) {
    if (error instanceof OperationError && error.type === 'StoreConflict') return false;
    throw error;
  }
}

/** The newest event that a staging volume on this host remembers; undefined where there is none to be read. */
export async function readOwnHead(
  directory: string,
): Promise<{ writer: string; head: ChainHead } | undefined> {
  try {
    const volume = await readJson<{ id: string }>(join(directory, 'volume.json'));
    const state = await readJson<LedgerState>(ledgerFile({ directory }));
    return volume && state?.head ? { writer: volume.id, head: state.head } : undefined;
  } catch {
    return undefined;
  }
}
