import { isPastGrace } from '../catalogue/prune-guards.js';
import type { Finding } from '../model/findings.js';
import { withoutRemedy } from '../model/without-remedy.js';
import type { IsReplaced } from './find-replaced.js';
import type { StoreContents } from './read-store.js';

/** Keys of foreign objects in one finding. */
const FOREIGN_SHOWN = 5;

const MAKE_GOOD = 'restore it from a copy of the store, or make a new backup';

/** Pruning keeps what is not whole, so that this does not end by itself. */
const LET_GO =
  'restore it from a copy of the store, or delete what there is of this backup, which pruning keeps; a newer one replaces it';

/**
 * Judges whether a store holds what its manifests say, and nothing else. A backup that is not whole is a warning where a
 * newer one replaces it.
 */
export function judgeStore(contents: StoreContents, isReplaced: IsReplaced, now: Date): Finding[] {
  const { store, astray, unreadable, orphans, foreign } = contents;
  const about = (kind: string, where: string): Pick<Finding, 'id' | 'where' | 'store'> => ({
    id: `${kind}/${store}/${where}`,
    where,
    store,
  });
  const harm = (key: string): Pick<Finding, 'severity' | 'remedy'> =>
    isReplaced({ store, key })
      ? { severity: 'warning', remedy: LET_GO }
      : { severity: 'critical', remedy: MAKE_GOOD };
  return [
    ...astray.map(({ artifact: { key, bytes }, bytes: found }): Finding =>
      found === undefined
        ? {
            ...about('artifact-missing', key),
            ...harm(key),
            what: `${key} is missing in store "${store}", though its manifest is there.`,
          }
        : {
            ...about('artifact-size', key),
            ...harm(key),
            what: `${key} in store "${store}" has ${found} bytes instead of ${bytes}.`,
          },
    ),
    ...unreadable.map(({ key, fault }): Finding => ({
      ...about('manifest-unreadable', key),
      ...harm(key),
      what: `A backup in store "${store}" cannot be restored: ${withoutRemedy(fault)}.`,
    })),
    ...orphans
      .filter(({ modifiedAt }) => isPastGrace(modifiedAt, now))
      .map(({ key }): Finding => ({
        ...about('orphan', key),
        severity: 'warning',
        what: `${key} in store "${store}" has had no manifest for two days: the backup was never finished, or somebody deleted its manifest.`,
        remedy: 'nothing, if "temponest-backups prune" sweeps it; else see why pruning does not run',
      })),
    ...groupByDirectory(foreign).map(([directory, keys]): Finding => ({
      ...about('foreign', directory),
      severity: 'warning',
      what: `${keys.length === 1 ? 'One object' : `${keys.length} objects`} in ${directory} of store "${store}" ${keys.length === 1 ? 'is' : 'are'} not ours: ${keys
        .slice(0, FOREIGN_SHOWN)
        .map((key) => key.slice(directory.length))
        .join(', ')}${keys.length > FOREIGN_SHOWN ? ', …' : ''}.`,
      remedy: 'find out who wrote it, and keep it elsewhere; nothing here reads or deletes it',
    })),
  ];
}

function groupByDirectory(keys: readonly string[]): [directory: string, keys: string[]][] {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const directory = key.slice(0, key.lastIndexOf('/') + 1);
    groups.set(directory, [...(groups.get(directory) ?? []), key]);
  }
  return [...groups];
}
