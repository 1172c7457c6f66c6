import pMap from 'p-map';
import { listBackups, type ListedBackup } from '../catalogue/list-backups.js';
import { OperationError } from '../model/failures.js';
import { subjectPrefix, type BackupSubject } from '../model/keys.js';
import { parseManifest } from '../model/manifest.js';
import { isFromFuture } from '../model/retention.js';
import type { Store } from '../stores/store.js';
import { rememberDocuments, type DocumentMemory } from './remember-documents.js';

/** Manifests read at once. */
const CONCURRENCY = 8;

/** How many backups before the newest one its size is compared with. */
const COMPARED = 7;

/** What is kept of a manifest. */
interface ManifestFacts {
  artifact: { key: string; bytes: number };
  /** Of all steps together. */
  seconds: number;
}

/** The newest whole backup of a database, or of a server's globals. */
export interface SubjectFacts {
  subject: BackupSubject;
  time: Date;
  /** Of the artifact as stored. */
  bytes: number;
  seconds: number;
  /** Its size over the median of the whole ones among the seven before it, less one; absent where there is none. */
  sizeChange?: number;
}

/** What cannot be taken for what it should be. */
export interface Unreadable {
  /** Objects that are not ours, below our prefixes. */
  foreign: number;
  /** Manifests and other documents that don't parse, of those that were read. */
  manifest: number;
  /** Of backups newer than the newest whole one: the artifact is missing, or of another size. */
  artifact: number;
  /** Backups dated in the future. */
  future: number;
}

/** Reads the newest whole backup of everything that a store holds of a server. */
export type SubjectReader = (
  server: string,
  signal: AbortSignal,
  now: Date,
) => Promise<{ subjects: SubjectFacts[]; unreadable: Unreadable }>;

/**
 * Makes a reader that lists the store each time and reads one manifest for each new backup: of the newest whole backup of
 * each subject, and of those before it that its size is compared with. All but the new ones are remembered.
 */
export function createSubjectReader(store: Store): SubjectReader {
  const memories = new Map<string, DocumentMemory<ManifestFacts>>();
  return async (server, signal, now) => {
    const memory = memories.get(server) ?? rememberDocuments((key, abort) => readFacts(store, key, abort));
    memories.set(server, memory);
    const { backups, foreign } = await listBackups(store, server, signal);
    const unreadable = { foreign: foreign.length, manifest: 0, artifact: 0, future: 0 };
    const used = new Set<string>();
    const subjects = await pMap(
      groupBySubject(backups),
      async (group) => {
        const past = group.filter(({ time }) => !isFromFuture(time, now));
        unreadable.future += group.length - past.length;
        for (const [index, backup] of [...past.entries()].reverse()) {
          used.add(backup.manifestKey);
          const read = await memory.recall(backup.manifestKey, signal);
          if ('fault' in read) unreadable.manifest += 1;
          else if (!isWhole(backup, read.facts)) unreadable.artifact += 1;
          else {
            const before: number[] = [];
            for (const other of past.slice(Math.max(0, index - COMPARED), index)) {
              used.add(other.manifestKey);
              const known = await memory.recall(other.manifestKey, signal);
              if ('facts' in known && isWhole(other, known.facts)) before.push(known.facts.artifact.bytes);
            }
            return describe(backup, read.facts, before);
          }
        }
        return undefined;
      },
      { concurrency: CONCURRENCY, signal },
    );
    memory.keepOnly(used);
    return { subjects: subjects.filter((facts) => facts !== undefined), unreadable };
  };
}

async function readFacts(store: Store, key: string, signal: AbortSignal): Promise<ManifestFacts> {
  const document = await store.getDocument(key, signal);
  if (!document)
    throw new OperationError('ManifestUnreadable', `${key} was deleted since; nothing is to be done.`);
  const { artifact, secondsPerStep } = parseManifest(document.toString(), key);
  return {
    artifact: { key: artifact.key, bytes: artifact.bytes },
    seconds: Object.values(secondsPerStep).reduce((sum, seconds) => sum + seconds, 0),
  };
}

/** Backups by subject, each group oldest first, as they are listed. */
function groupBySubject(backups: readonly ListedBackup[]): ListedBackup[][] {
  const groups = new Map<string, ListedBackup[]>();
  for (const backup of backups) {
    const prefix = subjectPrefix(backup.subject);
    const group = groups.get(prefix);
    if (group) group.push(backup);
    else groups.set(prefix, [backup]);
  }
  return [...groups.values()];
}

function isWhole({ artifacts }: ListedBackup, { artifact }: ManifestFacts): boolean {
  return artifacts.some(({ key, bytes }) => key === artifact.key && bytes === artifact.bytes);
}

function describe(
  { subject, time }: ListedBackup,
  { artifact: { bytes }, seconds }: ManifestFacts,
  before: readonly number[],
): SubjectFacts {
  const sizes = before.toSorted((a, b) => a - b);
  const [lower, upper] = [sizes[Math.ceil(sizes.length / 2) - 1], sizes[Math.floor(sizes.length / 2)]];
  const median = lower !== undefined && upper !== undefined ? (lower + upper) / 2 : undefined;
  return {
    ...{ subject, time, bytes, seconds },
    ...(median === undefined ? {} : { sizeChange: bytes / median - 1 }),
  };
}
