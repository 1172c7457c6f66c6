import type { AuditRecord } from '../model/audit.js';
import { keyOf, type ChainHead } from './make-record.js';
import type { StoredEvent } from './read-audit.js';

/** Something that is wrong with the events of a store. */
export interface ChainFault {
  kind: 'missing' | 'altered' | 'unreadable';
  writer?: string;
  /** The key that it was found at, where there is one. */
  key?: string;
  what: string;
}

/** What a verification found. */
export interface ChainsReport {
  events: number;
  /** Events of the first version, which are in no chain: a missing one does not show. */
  unchained: number;
  writers: { writer: string; events: number; from: string; to: string }[];
  faults: ChainFault[];
  /** Events of one writer with the same number: of commands that ran at once, or one of them was never written by it. */
  twins: { writer: string; number: number; keys: string[] }[];
}

type Chained = StoredEvent & { record: AuditRecord & { chain: NonNullable<AuditRecord['chain']> } };

const isChained = (event: StoredEvent): event is Chained => event.record?.chain !== undefined;

/**
 * Looks for events that are missing, were altered, or were never written by us. Events of one command line may have the
 * same number, when two of it ran at once: every one that a later event names as the one before it must be among them.
 *
 * @param heads - the newest events that writers remember themselves: without one, a chain that was cut off at its end looks whole
 */
export function verifyChains(
  events: readonly StoredEvent[],
  heads: ReadonlyMap<string, ChainHead> = new Map(),
): ChainsReport {
  const faults: ChainFault[] = events
    .filter(({ record }) => !record)
    .map(({ key }) => ({ kind: 'unreadable', key, what: `${key} is no event that was written by us.` }));
  const twins: ChainsReport['twins'] = [];
  const chains = groupBy(events.filter(isChained), ({ record }) => record.chain.writer);
  const writers = [...chains].map(([writer, chain]) => {
    const times = chain.map(({ record }) => record.time).sort();
    const byNumber = groupBy(chain, ({ record }) => record.chain.number);
    faults.push(...findFaults(writer, byNumber, heads.get(writer)));
    for (const [number, here] of byNumber)
      if (here.length > 1) twins.push({ writer, number, keys: here.map(({ key }) => key) });
    return { writer, events: chain.length, from: times[0]!, to: times.at(-1)! };
  });
  const unchained = events.filter((event) => event.record && !isChained(event)).length;
  return { events: events.length, unchained, writers, faults, twins };
}

/** Node 20 has no Map.groupBy. */
function groupBy<K, T>(entries: readonly T[], keyFor: (entry: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const entry of entries) groups.set(keyFor(entry), [...(groups.get(keyFor(entry)) ?? []), entry]);
  return groups;
}

function findFaults(
  writer: string,
  byNumber: ReadonlyMap<number, readonly Chained[]>,
  head: ChainHead | undefined,
): ChainFault[] {
  const faults: ChainFault[] = [];
  const altered = (key: string) =>
    faults.push({ kind: 'altered', writer, key, what: `${key} is not what ${writer} wrote.` });
  const last = Math.max(...byNumber.keys(), head?.number ?? 0);
  for (let number = 1; number <= last; number += 1) {
    const here = byNumber.get(number) ?? [];
    if (here.length === 0)
      faults.push({ kind: 'missing', writer, what: `Event ${number} of ${last} of ${writer} is missing.` });
    const next = byNumber.get(number + 1) ?? [];
    const known = next.flatMap(({ record }) => record.chain.previous ?? []);
    if (head?.number === number && head.digest !== undefined) known.push(head.digest);
    const followed = here.filter(({ digest }) => known.includes(digest));
    const isTwin = here.length > 1 && writer.includes('@') && followed.length > 0;
    if (followed.length > 0 && known.some((digest) => here.every((found) => found.digest !== digest)))
      faults.push({
        kind: 'missing',
        writer,
        what: `One of the events with the number ${number} of ${writer} is missing: another one follows it.`,
      });
    for (const found of here) {
      const { chain: place, ...event } = found.record;
      const isItself = keyOf(event) === found.key;
      // Of two with the same number, which two command lines at once may write, one may be followed by nothing.
      const isFollowed = known.length === 0 || followed.includes(found) || isTwin;
      if (!isItself || !isFollowed) altered(found.key);
    }
  }
  return faults;
}
