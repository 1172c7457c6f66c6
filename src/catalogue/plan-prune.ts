import pMap from 'p-map';
import { parseKey, serverPrefixes, subjectPrefix, type BackupSubject } from '../model/keys.js';
import type { RetentionDecision } from '../model/results.js';
import { decideRetention, isFromFuture, type RetentionPolicy } from '../model/retention.js';
import type { Store, StoredObject, UnfinishedUpload } from '../stores/store.js';
import { findDamage } from './find-damage.js';
import { listBackups, type ListedBackup } from './list-backups.js';
import { listProvenBackups, newestProven } from './proven-backups.js';
import { findLocked, isPastGrace, lockRule } from './prune-guards.js';

/** Questions in flight to the store at once. */
const CONCURRENCY = 8;

export interface PruneRequest {
  server: string;
  /** What is kept of a subject. */
  policyOf: (subject: BackupSubject) => RetentionPolicy;
  /** The backups of any other database stay until someone deletes them by name. */
  configuredDatabases: readonly string[];
  /** Backup id → why it must stay, e.g. `in use`. */
  untouchable: ReadonlyMap<string, string>;
  now: Date;
}

export interface PruneDecision extends RetentionDecision {
  subject: BackupSubject;
}

/** What a prune would do. */
export interface PrunePlan {
  /** Of every backup; by subject, each newest first. */
  decisions: PruneDecision[];
  /** Artifacts without a manifest, older than 48 h and not locked. */
  orphans: StoredObject[];
  /** Uploads begun more than 48 h ago and never finished. */
  unfinished: UnfinishedUpload[];
}

/**
 * Decides what of a server's backups goes, changing nothing.
 *
 * Besides the rules of {@link decideRetention}: `proven` keeps the newest backup of each subject that a drill from this store has proven,
 * `not configured` all backups of a database that is no longer configured, `locked until …` and `legal hold` those that
 * the store itself would refuse to delete, `artifact missing` those whose artifact the listing did not show with the size
 * that the manifest names, `unreadable manifest` those of which that is not known, and `future` those dated later than now.
 * The last three represent no period: what became of them, or of the clock, is for a person to find out.
 *
 * @throws OperationError `ManifestUnreadable` when the report of a drill can't be understood
 */
export async function planPrune(
  store: Store,
  request: PruneRequest,
  signal: AbortSignal,
): Promise<PrunePlan> {
  const { server, now } = request;
  const isOld = (time: Date) => isPastGrace(time, now);

  const { backups, orphans } = await listBackups(store, server, signal);
  const keepIfLocked = async (decision: PlannedDecision): Promise<PlannedDecision> => {
    if (decision.keep) return decision;
    const { manifestKey, artifacts } = decision.backup;
    const keys = [manifestKey, ...artifacts.map(({ key }) => key)];
    const rule = lockRule((await findLocked(store, keys, now, signal)).values());
    return rule === undefined ? decision : { ...decision, keep: true, rules: [rule] };
  };
  const past = backups.filter(
    ({ subject, time }) => isConfigured(subject, request) && !isFromFuture(time, now),
  );
  const damage = await findDamage(store, past, signal);
  const whole = past.filter(({ manifestKey }) => !damage.has(manifestKey));
  // A drill from another store has proven the copy there.
  const isOfThisStore = (report: { store: string }) => report.store === store.name;
  const proven = newestProven(whole, await listProvenBackups(store, server, signal, isOfThisStore));
  const untouchable = new Map([...proven.map(({ id }) => [id, 'proven'] as const), ...request.untouchable]);
  const decisions = await pMap(decideAll(backups, damage, { ...request, untouchable }), keepIfLocked, {
    concurrency: CONCURRENCY,
    signal,
  });

  const oldOrphans = orphans.filter(({ modifiedAt }) => isOld(modifiedAt));
  const orphanKeys = oldOrphans.map(({ key }) => key);
  const locked = await findLocked(store, orphanKeys, now, signal);

  const unfinished: UnfinishedUpload[] = [];
  for (const prefix of serverPrefixes(server))
    for await (const upload of store.listUnfinished(prefix, signal))
      if (parseKey(upload.key) && isOld(upload.startedAt)) unfinished.push(upload);

  return {
    decisions: decisions.map(({ backup: { subject, id }, keep, rules }) => ({
      ...(subject.kind === 'database' && { database: subject.database }),
      subject,
      backupId: id,
      keep,
      rules,
    })),
    orphans: oldOrphans.filter(({ key }) => !locked.has(key)),
    unfinished,
  };
}

interface PlannedDecision {
  backup: ListedBackup;
  keep: boolean;
  rules: string[];
}

const isConfigured = (subject: BackupSubject, { configuredDatabases }: PruneRequest) =>
  subject.kind !== 'database' || configuredDatabases.includes(subject.database);

/** Applies the rules to each subject on its own. */
function decideAll(
  backups: ListedBackup[],
  damage: ReadonlyMap<string, string>,
  request: PruneRequest,
): PlannedDecision[] {
  const { policyOf, untouchable, now } = request;
  const bySubject = new Map<string, ListedBackup[]>();
  for (const backup of backups) {
    const prefix = subjectPrefix(backup.subject);
    const ofSubject = bySubject.get(prefix) ?? [];
    ofSubject.push(backup);
    bySubject.set(prefix, ofSubject);
  }
  const keep = (rule: string) => (backup: ListedBackup) => ({ backup, keep: true, rules: [rule] });
  return [...bySubject.values()].flatMap((ofSubject) => {
    const { subject } = ofSubject[0]!;
    if (!isConfigured(subject, request)) return ofSubject.toReversed().map(keep('not configured'));
    const future = ofSubject.filter(({ time }) => isFromFuture(time, now));
    const past = ofSubject.filter(({ time }) => !isFromFuture(time, now));
    const ruleOf = ({ manifestKey }: ListedBackup) => damage.get(manifestKey);
    const whole = past.filter((backup) => ruleOf(backup) === undefined);
    const damaged = past.filter((backup) => ruleOf(backup) !== undefined).toReversed();
    const byId = new Map(whole.map((backup) => [backup.id, backup]));
    return [
      ...future.toReversed().map(keep('future')),
      ...damaged.map((backup) => keep(ruleOf(backup)!)(backup)),
      ...decideRetention(whole, policyOf(subject), untouchable).map(({ id, ...decision }) => ({
        ...decision,
        backup: byId.get(id)!,
      })),
    ];
  });
}
