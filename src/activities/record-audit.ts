import type { AuditEvent } from '../model/audit.js';
import type { Dependencies } from './dependencies.js';
import { readStarter } from './read-starter.js';
import { runStep } from './run-step.js';

/** Writes an event down, with who started the run. A store that is down keeps nobody waiting; see {@link AuditLedger}. */
export async function recordAudit(
  { audit, temporal, logger }: Pick<Dependencies, 'audit' | 'temporal' | 'logger'>,
  event: AuditEvent,
): Promise<void> {
  await runStep(logger, {}, async ({ signal }) => {
    const startedBy = await readStarter(temporal, event, signal);
    await audit.append({ ...event, ...(startedBy === undefined ? {} : { startedBy }) });
  });
}
