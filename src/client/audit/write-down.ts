import { recordOwn } from '../../audit/record-own.js';
import { redact } from '../../observability/redaction.js';
import type { Store } from '../../stores/store.js';
import { openConfiguredStore } from '../configured-server.js';
import type { Context } from '../context.js';
import { describeError } from '../report-error.js';
import { say } from '../output.js';

/** How long the store may take, in milliseconds: what was to be written down is done already. */
const PATIENCE = 15_000;

/** What a command line writes down of itself. */
export type OwnEvent = Omit<Parameters<typeof recordOwn>[2], 'time' | 'startedBy' | 'workflowId' | 'runId'>;

/**
 * Writes down what this command did. It is done, so a store that does not take that fails nothing: the person is told.
 *
 * @param store - default: the primary of backups.yaml
 */
export async function writeDown(context: Context, event: OwnEvent, store?: Store): Promise<void> {
  const { identity } = context.environment;
  // The process id tells nothing that lasts.
  const writer = identity.slice(identity.indexOf('@') + 1);
  try {
    const into = store ?? (await openConfiguredStore(await context.loadConfiguration()));
    const whole = { ...event, time: new Date().toISOString(), startedBy: writer };
    await recordOwn(into, writer, whole, AbortSignal.timeout(PATIENCE));
  } catch (error) {
    say(`This is not in the audit events: ${redact((error as Error).message)}`);
  }
}

/** Does `work` and writes down how it ended. */
export async function withOwnAudit<T>(
  context: Context,
  event: Omit<OwnEvent, 'outcome' | 'failure'>,
  work: () => Promise<T>,
  store?: Store,
): Promise<T> {
  try {
    const result = await work();
    await writeDown(context, { ...event, outcome: 'committed' }, store);
    return result;
  } catch (error) {
    const { type, message } = describeError(error);
    await writeDown(context, { ...event, outcome: 'failed', failure: { type, message } }, store);
    throw error;
  }
}
