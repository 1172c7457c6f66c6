import type { Finding } from '../model/findings.js';
import { encodeName } from '../model/names.js';
import type { ReadBackRecord } from '../model/verification.js';
import { withoutRemedy } from '../model/without-remedy.js';
import type { IsReplaced } from './find-replaced.js';
import { nameReadable } from './plan-read-back.js';
import type { StoreContents } from './read-store.js';

/** What the ids of findings begin with that are about damage that was read. */
export const DAMAGED = 'damaged';

/** What reading back has found, and whether it was done at all. Damage is a warning where a newer backup replaces it. */
export function judgeReadBack(
  server: string,
  { summary, damaged }: ReadBackRecord,
  isReplaced: IsReplaced,
): Finding[] {
  const findings = damaged.map(({ store, key, severity, fault }): Finding => ({
    id: `${DAMAGED}/${store}/${key}`,
    severity: isReplaced({ store, key }) ? 'warning' : severity,
    what: `${key} in store "${store}" ${fault}.`,
    where: key,
    store,
    remedy: isReplaced({ store, key })
      ? 'restore it from a copy of the store; a newer backup replaces it, and this ends when pruning deletes the old one'
      : 'restore it from a copy of the store, or make a new backup',
  }));
  if (summary.fault !== undefined)
    findings.push({
      id: `read-back-incomplete/${encodeName(server)}`,
      severity: 'warning',
      what: `Not all of what was to be read back today was read: ${withoutRemedy(summary.fault)}.`,
      where: server,
      remedy: 'see why in the worker log; what was left comes first the next time',
    });
  return findings;
}

/**
 * Whether a finding about damage can be told to be over: its object was read again, or is no longer there. Else it stays,
 * since it would be long before its turn comes.
 */
export function isReadAgain(
  { store = '', where: key }: Finding,
  record: ReadBackRecord | undefined,
  contents: readonly StoreContents[],
): boolean {
  const name = nameReadable({ store, key });
  const read = [...(record?.objects ?? []), ...(record?.damaged ?? [])];
  if (read.some((object) => nameReadable(object) === name)) return true;
  const holder = contents.find((candidate) => candidate.store === store);
  return holder !== undefined && !holder.objects.has(key);
}
