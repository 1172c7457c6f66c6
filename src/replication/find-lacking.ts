import { manifestKey, parseKey } from '../model/keys.js';
import { baseManifestKey, parseBaseKey, parseWalKey, walDigestKey } from '../model/physical-keys.js';
import type { StoredObject } from '../stores/store.js';

/** What a store holds, by its keys. */
export type Listing = ReadonlyMap<string, StoredObject>;

/** Objects of the primary that are copied together, because they are of use together only. */
export interface LackingUnit {
  /** `backup`: with a manifest that names the rest and comes last; `wal`: a digest, then its file. */
  kind: 'backup' | 'wal' | 'document';
  /** The object by which it is known: a backup's manifest, a WAL file's digest, the document itself. */
  key: string;
  /** What the replica does not have of it. */
  objects: StoredObject[];
  bytes: number;
  /** Since when the oldest of these has been in the primary. */
  since: Date;
}

/** How a replica differs from the primary. */
export interface Difference {
  /** What the replica lacks, in the order in which it is to be copied: oldest first. */
  lacking: LackingUnit[];
  /** Keys under which the replica holds something of another size. Nothing is overwritten: people look at these. */
  different: string[];
}

/**
 * Finds what a replica lacks of the primary, by keys and sizes. What does not exist yet in the primary, an artifact
 * without its manifest, does not count, nor does what is not ours.
 */
export function findLacking(primary: Listing, replica: Listing): Difference {
  const units = new Map<string, LackingUnit>();
  const different: string[] = [];
  for (const object of primary.values()) {
    const member = classify(object.key);
    if (!member || (member.kind === 'backup' && !primary.has(member.key))) continue;
    const copy = replica.get(object.key);
    if (copy?.bytes === object.bytes) continue;
    if (copy) {
      different.push(object.key);
      continue;
    }
    const unit = units.get(member.key) ?? { ...member, objects: [], bytes: 0, since: object.modifiedAt };
    units.set(member.key, unit);
    unit.objects.push(object);
    unit.bytes += object.bytes;
    if (object.modifiedAt < unit.since) unit.since = object.modifiedAt;
  }
  const lacking = [...units.values()].sort((a, b) => a.since.getTime() - b.since.getTime());
  return { lacking, different };
}

/** What an object belongs to; undefined for one that is not ours. */
function classify(key: string): Pick<LackingUnit, 'kind' | 'key'> | undefined {
  const logical = parseKey(key);
  if (logical) return { kind: 'backup', key: manifestKey(logical.subject, logical.id) };
  const base = parseBaseKey(key);
  if (base) return { kind: 'backup', key: baseManifestKey(base.cluster, base.id) };
  const wal = parseWalKey(key);
  if (wal && wal.part !== 'gap') return { kind: 'wal', key: walDigestKey(wal.cluster, wal.file) };
  const isDocument = wal !== undefined || /^(drills|verifications|audit)\/.+\.(json|md)$/.test(key);
  return isDocument ? { kind: 'document', key } : undefined;
}
