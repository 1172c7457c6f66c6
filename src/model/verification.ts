import { z } from 'zod';
import { finding } from './findings.js';
import { readDocument } from './manifest.js';

/** The format of the reports that this version writes, and the newest one it reads. Unknown fields are ignored. */
export const VERIFICATION_FORMAT = '1.0';

const count = z.int().nonnegative();
const bytes = z.int().nonnegative();

/** A finding as a report has it: it is known since when it is there. */
const reportedFinding = finding.extend({ since: z.iso.datetime() });

export type ReportedFinding = z.infer<typeof reportedFinding>;

/** What one verification read back, in all stores together. */
export const readBackSummary = z.object({
  objects: count,
  bytes,
  /** Of everything that is to be read back within `days`. */
  ofObjects: count,
  ofBytes: bytes,
  /** Everything is to be read within so many days. */
  days: z.int().positive(),
  /** Why it ended before it had read its portion. */
  fault: z.string().optional(),
});

export type ReadBackSummary = z.infer<typeof readBackSummary>;

/** One object that was read back whole. */
const readObject = z.object({
  store: z.string(),
  key: z.string(),
  bytes,
  at: z.iso.datetime(),
  /** Of what was read, where no manifest says what it should be: the next reading is compared with it. */
  sha256: z.string().optional(),
});

/** One that is not what it should be, or could not be read. */
export const damagedObject = z.object({
  store: z.string(),
  key: z.string(),
  severity: finding.shape.severity,
  /** The end of a sentence that begins with the key. */
  fault: z.string(),
});

export type ReadObject = z.infer<typeof readObject>;
export type DamagedObject = z.infer<typeof damagedObject>;

/** `verifications/<server>/<yyyy>/<id>.read-back.json`: what one verification read back. */
export const readBackRecord = z.object({
  format: z.string(),
  id: z.string(),
  server: z.string(),
  summary: readBackSummary,
  objects: z.array(readObject),
  damaged: z.array(damagedObject),
});

export type ReadBackRecord = z.infer<typeof readBackRecord>;

/** Reads what a verification read back, as {@link parseVerificationReport} does its report. */
export function parseReadBackRecord(text: string, key: string): ReadBackRecord {
  return readDocument(readBackRecord, text, key, 'the record of what was read back');
}

/** What one verification does, decided at its start. */
export interface VerificationPlan {
  id: string;
  server: string;
  startedAt: string;
  /** Everything is read within so many days; left out where nothing is read back. */
  readBackDays?: number;
}

/** How often a schedule has not started what it should, since it was made. */
const scheduleCounts = z.object({ name: z.string(), skippedOverlap: count, missedCatchup: count });

export type ScheduleCounts = z.infer<typeof scheduleCounts>;

/** `verifications/<server>/<yyyy>/<id>.json`: all that is wrong with a server's backups at one moment. */
export const verificationReport = z.object({
  format: z.string(),
  /** `verify_<YYYYMMDD>_<HHMMSS>`. */
  id: z.string(),
  server: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** Critical ones before the others. */
  findings: z.array(reportedFinding),
  /** The ids of those that the report before it did not have, or not as critical. */
  appeared: z.array(z.string()),
  /** What the report before it had, and is not so any more. */
  resolved: z.array(reportedFinding),
  /** Absent when nothing was to be read back. */
  readBack: readBackSummary.optional(),
  schedules: z.array(scheduleCounts),
  workflowId: z.string(),
  runId: z.string(),
});

export type VerificationReport = z.infer<typeof verificationReport>;

/**
 * Reads the report of a verification.
 *
 * @param key - where it was found, for the message
 * @throws OperationError `ManifestUnreadable` when it is not one, or of a newer major format
 */
export function parseVerificationReport(text: string, key: string): VerificationReport {
  return readDocument(verificationReport, text, key, 'the report of a verification');
}

/** Answer to the query `progress` of `verifyBackups`. */
export interface VerifyProgress {
  step: 'planning' | 'readBack' | 'examine' | 'done' | 'failed' | 'cancelled';
  server?: string;
}
