import { createHash } from 'node:crypto';
import { auditEvent, auditKey, type AuditEvent, type AuditRecord } from '../model/audit.js';
import { redactedJson } from '../observability/redaction.js';

/** The newest event of a writer; number 0 before there is any. */
export interface ChainHead {
  number: number;
  /** SHA-256 of the whole object, lower-case hex. */
  digest?: string;
}

/** SHA-256 in hex. */
export function digestOf(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The key of an event, which holds a digest of what it says. */
export function keyOf(event: AuditEvent): string {
  return auditKey(event, digestOf(redactedJson(sorted(event))).slice(0, 16));
}

/**
 * An event as the object that follows `head` in a writer's chain.
 *
 * @returns its key and content, and the head that it is then
 */
export function makeRecord(
  event: AuditEvent,
  writer: string,
  { number, digest }: ChainHead,
): { key: string; content: Buffer; head: Required<ChainHead> } {
  const chain = { writer, number: number + 1, ...(digest === undefined ? {} : { previous: digest }) };
  const record: AuditRecord = { ...sorted(event), chain };
  const content = Buffer.from(`${redactedJson(record)}\n`);
  return { key: keyOf(event), content, head: { number: number + 1, digest: digestOf(content) } };
}

/** The event alone, its fields in the order of the schema: what the key's digest is of. */
function sorted(event: AuditEvent): AuditEvent {
  return auditEvent.parse(event);
}
