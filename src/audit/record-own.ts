import type { AuditEvent } from '../model/audit.js';
import type { Store } from '../stores/store.js';
import { makeRecord } from './make-record.js';
import { findChainHead } from './read-audit.js';

/** What a command line does itself, and no worker. */
type OwnAction = Extract<AuditEvent['action'], 'rescue' | 'undoSwap' | 'schedule'>;

const ownActions: readonly string[] = ['rescue', 'undoSwap', 'schedule'] satisfies OwnAction[];

/**
 * Stores an event of a command line, which has no place of its own that lasts: its chain goes on from the newest of its
 * events that the store has.
 *
 * @param writer - `user@host`
 */
export async function recordOwn(
  store: Store,
  writer: string,
  event: AuditEvent & { action: OwnAction },
  signal: AbortSignal,
): Promise<void> {
  const head = await findChainHead(store, writer, signal, ({ action }) => ownActions.includes(action));
  const { key, content } = makeRecord(event, writer, head);
  await store.putDocument(key, content, signal);
}
