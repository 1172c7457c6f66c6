import { OperationError } from '../model/failures.js';
import { parseVerificationKey, verificationPrefix } from '../model/keys.js';
import { parseBackupId } from '../model/names.js';
import { isFromFuture } from '../model/retention.js';
import { parseVerificationReport, type VerificationReport } from '../model/verification.js';
import type { Store } from '../stores/store.js';

/**
 * The report of the newest verification of a server that can be read; undefined when there is none of this year or the
 * one before.
 *
 * @param now - one that a wrong clock dated later does not count
 */
export async function readNewestVerification(
  store: Store,
  server: string,
  signal: AbortSignal,
  now = new Date(),
): Promise<VerificationReport | undefined> {
  for (const year of [now.getUTCFullYear(), now.getUTCFullYear() - 1]) {
    const keys: string[] = [];
    for await (const { key } of store.list(verificationPrefix(server, year), signal)) {
      const parsed = parseVerificationKey(server, key);
      if (parsed?.part === 'report' && !isFromFuture(parseBackupId(parsed.id)!.time, now)) keys.push(key);
    }
    for (const key of keys.reverse()) {
      const report = await readIfReadable(store, key, signal);
      if (report) return report;
    }
  }
  return undefined;
}

async function readIfReadable(
  store: Store,
  key: string,
  signal: AbortSignal,
): Promise<VerificationReport | undefined> {
  const document = await store.getDocument(key, signal);
  try {
    return document && parseVerificationReport(document.toString(), key);
  } catch (error) {
    if (error instanceof OperationError && error.type === 'ManifestUnreadable') return undefined;
    throw error;
  }
}
