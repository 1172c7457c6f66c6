import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { ledgerFile, openLedger, type LedgerState } from '../../src/audit/ledger.js';
import { readAudit } from '../../src/audit/read-audit.js';
import { verifyChains } from '../../src/audit/verify-chains.js';
import type { AuditEvent } from '../../src/model/audit.js';
import { OperationError } from '../../src/model/failures.js';
import { createLogger } from '../../src/observability/logger.js';
import { rememberSecret } from '../../src/observability/redaction.js';
import { MemoryStore } from '../support/memory-store.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { waitUntil } from '../support/wait-until.js';

const { signal } = new AbortController();

const eventOf = (n: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  action: 'backup',
  time: new Date(1_790_000_000_000 + n * 1000).toISOString(),
  server: 'main',
  outcome: 'committed',
  facts: { backup: `app_${n}` },
  ...more,
});

/** A store that can be switched off. */
class SwitchedStore extends MemoryStore {
  isDown = false;
  override putDocument(...args: Parameters<MemoryStore['putDocument']>): Promise<void> {
    if (this.isDown) return Promise.reject(new OperationError('StoreUnreachable', 'It is down; wait.'));
    return super.putDocument(...args);
  }
}

async function makeVolume(id = 'volume-1') {
  return { directory: await makeScratchDirectory(), id };
}

type Volume = Awaited<ReturnType<typeof makeVolume>>;
const open = (volume: Volume, store: MemoryStore) => openLedger(volume, store, createLogger('silent'));
const readState = async (volume: Volume) =>
  JSON.parse(await readFile(ledgerFile(volume), 'utf8')) as LedgerState;

async function read(store: MemoryStore) {
  const events = await readAudit(store, signal);
  const chained = events.map(({ record }) => record?.chain?.number);
  return { events, numbers: chained, report: verifyChains(events) };
}

it('chains events in the order of their writing, across restarts, without secrets', async () => {
  const [store, volume] = [new SwitchedStore(), await makeVolume()];
  rememberSecret('very-secret');
  const first = await open(volume, store);
  await Promise.all([1, 2, 3].map((n) => first.append(eventOf(n, { reason: 'because very-secret' }))));
  first.close();
  const second = await open(volume, store);
  await second.append(eventOf(4));
  second.close();
  const { events, numbers, report } = await read(store);
  expect(numbers).toEqual([1, 2, 3, 4]);
  expect(report).toMatchObject({ events: 4, unchained: 0, faults: [] });
  expect(events[1]!.record!.chain).toEqual({ writer: 'volume-1', number: 2, previous: events[0]!.digest });
  expect(store.keys()[0]).toMatch(/^audit\/2026\/09\/21\/20260921T\d{6}\.000Z_backup_[0-9a-f]{16}\.json$/);
  expect(events[0]!.record!.reason).toBe('because ***');
});

it('writes the same event once, whoever tries it again', async () => {
  const store = new SwitchedStore();
  const [one, other] = [
    await open(await makeVolume('one'), store),
    await open(await makeVolume('other'), store),
  ];
  await one.append(eventOf(1));
  await one.append(eventOf(1));
  await other.append(eventOf(1));
  await other.append(eventOf(2));
  const { report } = await read(store);
  expect(report).toMatchObject({
    events: 2,
    writers: [
      { writer: 'one', events: 1 },
      { writer: 'other', events: 1 },
    ],
    faults: [],
  });
});

it('keeps what a store that is down does not take, for the next worker on the volume', async () => {
  const [store, volume] = [new SwitchedStore(), await makeVolume()];
  store.isDown = true;
  const first = await open(volume, store);
  await first.append(eventOf(1));
  await first.append(eventOf(2));
  first.close();
  expect((await readState(volume)).pending).toHaveLength(2);
  store.isDown = false;
  const second = await open(volume, store);
  await waitUntil('they are there', async () => (await read(store)).numbers.length === 2);
  await second.append(eventOf(3));
  expect(await read(store)).toMatchObject({ numbers: [1, 2, 3], report: { faults: [] } });
  expect((await readState(volume)).pending).toEqual([]);
});

it('goes on where a worker was killed between storing an event and noting that', async () => {
  const [store, volume] = [new SwitchedStore(), await makeVolume()];
  const first = await open(volume, store);
  await first.append(eventOf(1));
  const before = await readState(volume);
  await first.append(eventOf(2));
  await writeFile(ledgerFile(volume), JSON.stringify({ ...before, pending: [eventOf(2)] }));
  const second = await open(volume, store);
  await second.append(eventOf(3));
  expect(await read(store)).toMatchObject({ numbers: [1, 2, 3], report: { faults: [] } });
});

it('finds the head of its chain in the store when the volume has lost it', async () => {
  const [store, volume] = [new SwitchedStore(), await makeVolume()];
  const first = await open(volume, store);
  for (const n of [1, 2]) await first.append(eventOf(n));
  await rm(ledgerFile(volume));
  const second = await open(volume, store);
  await second.append(eventOf(3));
  expect(await read(store)).toMatchObject({ numbers: [1, 2, 3], report: { faults: [] } });
});
