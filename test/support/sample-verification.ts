import { VERIFICATION_FORMAT, type VerificationReport } from '../../src/model/verification.js';
import { makeBackupId } from '../../src/model/names.js';
import { VERIFICATION_NAME, verificationKey } from '../../src/model/keys.js';
import type { MemoryStore } from './memory-store.js';

/** The report of a verification that began then and found nothing. */
export function sampleVerification(
  server: string,
  startedAt: Date,
  over: Partial<VerificationReport> = {},
): VerificationReport {
  return {
    format: VERIFICATION_FORMAT,
    id: makeBackupId(VERIFICATION_NAME, startedAt),
    server,
    startedAt: startedAt.toISOString(),
    finishedAt: new Date(startedAt.getTime() + 60_000).toISOString(),
    findings: [],
    appeared: [],
    resolved: [],
    schedules: [],
    workflowId: 'temponest-backups/verify',
    runId: '0196a1b2-0000-7000-8000-000000000000',
    ...over,
  };
}

/** Puts a report into a store. */
export function seedVerification(store: MemoryStore, report: VerificationReport): string {
  const key = verificationKey(report.server, report.id, 'report');
  store.seed(key, JSON.stringify(report));
  return key;
}
