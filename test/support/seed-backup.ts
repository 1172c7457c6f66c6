import { createHash } from 'node:crypto';
import { artifactKey, manifestKey, subjectName, type BackupSubject } from '../../src/model/keys.js';
import { makeBackupId } from '../../src/model/names.js';
import type { MemoryStore } from './memory-store.js';
import { sampleManifest } from './sample-manifest.js';

/** How long a seeded backup took from its snapshot to its commit. */
const MILLISECONDS_TAKEN = 600_000;

export const subjectOf = (server: string, database: string): BackupSubject => ({
  kind: 'database',
  server,
  database,
});

export const globalsOf = (server: string): BackupSubject => ({ kind: 'globals', server });

/** Of the text `four`. */
export const SHA256_OF_FOUR = createHash('sha256').update('four').digest('hex');

export interface SeededBackup {
  subject: BackupSubject;
  id: string;
  artifact: string;
  manifest: string;
}

/** The id and keys of a backup of `subject` at `time`. */
export function nameBackup(subject: BackupSubject, time: Date): SeededBackup {
  const id = makeBackupId(subjectName(subject), time);
  const suffix = subject.kind === 'database' ? '.dump.tar.zst' : '.sql.zst';
  return { subject, id, artifact: artifactKey(subject, id, suffix), manifest: manifestKey(subject, id) };
}

/** Puts a whole backup into the store. */
export function seedBackup(store: MemoryStore, subject: BackupSubject, time: Date): SeededBackup {
  const backup = nameBackup(subject, time);
  const done = new Date(time.getTime() + MILLISECONDS_TAKEN);
  store.seed(backup.artifact, 'four', done);
  const { artifact, ...facts } = sampleManifest(subject, backup.id, 4);
  const manifest = { ...facts, artifact: { ...artifact, sha256: SHA256_OF_FOUR } };
  store.seed(backup.manifest, JSON.stringify(manifest), done);
  return backup;
}

/** Puts a backup of each of `count` nights, at 02:00 UTC, into the store; the last one in the night before `until`. */
export function seedNights(
  store: MemoryStore,
  subject: BackupSubject,
  count: number,
  until: Date,
): SeededBackup[] {
  const midnight = Math.floor(until.getTime() / 86_400_000) * 86_400_000;
  return Array.from({ length: count }, (_, index) =>
    seedBackup(store, subject, new Date(midnight - (count - 1 - index) * 86_400_000 + 2 * 3_600_000)),
  );
}
