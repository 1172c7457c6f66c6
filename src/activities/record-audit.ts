import { auditKey, type AuditEvent } from '../model/audit.js';
import { redactedJson } from '../observability/redaction.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** Writes an event into the primary store, where nothing is ever rewritten. Idempotent. */
export async function recordAudit({ stores, logger }: Dependencies, event: AuditEvent): Promise<void> {
  await runStep(logger, {}, ({ signal }) =>
    stores[0].putDocument(auditKey(event), Buffer.from(`${redactedJson(event)}\n`), signal),
  );
}
