import { VERIFICATION_FORMAT, type ReadBackRecord, type VerificationPlan } from '../model/verification.js';
import type { Store } from '../stores/store.js';
import { DAMAGED } from './judge-read-back.js';
import { nameReadable, planReadBack, type Readable } from './plan-read-back.js';
import { listPastReads } from './read-back-records.js';
import { readBackTurns, type ReadBackState } from './read-back-turns.js';
import { readNewestVerification } from './read-newest-verification.js';
import { readStores, type DescribedArtifact, type StoreContents } from './read-store.js';

/** How long one try of reading back goes on at most, in milliseconds: the rest of a verification waits for it. */
const PATIENCE = 4 * 3_600_000;

/**
 * Reads back the portion of one day, in all stores: each artifact of a backup is compared with its manifest, and what has no
 * digest of what is stored (archived WAL, whose digest is of what it was before it was encrypted) with what it was when it
 * was read before.
 *
 * @param stores - the primary first; a replica that cannot be read is named in the record
 * @param state - where an earlier try stopped; kept up to date
 */
export async function readBack(
  stores: readonly [Store, ...Store[]],
  { id, server, startedAt, readBackDays: days }: VerificationPlan & { readBackDays: number },
  state: ReadBackState,
  step: { signal: AbortSignal; onProgress: (bytes: number) => void; onAlive: () => void },
): Promise<ReadBackRecord> {
  const [primary] = stores;
  const now = new Date(startedAt);
  const { contents, faults } = await readStores(stores, server, step, now);
  const described = new Map<string, DescribedArtifact>();
  for (const { store, artifacts } of contents)
    for (const artifact of artifacts) described.set(nameReadable({ store, ...artifact }), artifact);
  const objects = contents.flatMap(readablesOf).filter(({ storedAt }) => storedAt <= now);
  const past = await listPastReads(primary, server, { days, now }, step.signal);
  const previous = await readNewestVerification(primary, server, step.signal, now);
  const damaged = new Set(
    previous?.findings
      .filter((finding) => finding.id.startsWith(`${DAMAGED}/`))
      .map(({ store = '', where }) => nameReadable({ store, key: where })),
  );
  const turns = planReadBack({
    ...{ objects, damaged, days, now },
    lastReads: new Map([...past.last].map(([name, { at }]) => [name, new Date(at)])),
    begunAt: past.begunAt ?? now,
  });
  const outcome = await readBackTurns(
    turns,
    {
      ...{ stores, startedAt: now, until: new Date(Date.now() + PATIENCE) },
      expectationOf: (turn) => {
        const { key, bytes } = turn;
        const name = nameReadable(turn);
        return described.get(name) ?? { key, bytes, before: past.last.get(name) };
      },
    },
    state,
    step,
  );
  const fault = [...faults, ...(outcome.fault === undefined ? [] : [outcome.fault])].join(' ');
  return {
    ...{ format: VERIFICATION_FORMAT, id, server },
    summary: {
      objects: outcome.objects.length + outcome.damaged.length,
      bytes: sumBytes(outcome.objects),
      ofObjects: objects.length,
      ofBytes: sumBytes(objects),
      days,
      ...(fault === '' ? {} : { fault }),
    },
    objects: outcome.objects,
    damaged: outcome.damaged,
  };
}

const sumBytes = (objects: readonly { bytes: number }[]) =>
  objects.reduce((sum, { bytes }) => sum + bytes, 0);

/** What of a store is to be read back: artifacts that are there in their size, and archived WAL. */
function readablesOf({ store, artifacts, astray, wal, objects }: StoreContents): Readable[] {
  const isAstray = new Set(astray.map(({ artifact }) => artifact.key));
  const whole = artifacts.filter(({ key }) => !isAstray.has(key));
  return [...whole, ...wal].map(({ key, bytes }) => ({
    ...{ store, key, bytes },
    // Made while the store was being listed, it is too young to be read back.
    storedAt: objects.get(key)?.modifiedAt ?? new Date(8.64e15),
  }));
}
