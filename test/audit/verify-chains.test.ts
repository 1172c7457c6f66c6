import { describe, expect, it } from 'vitest';
import { makeRecord, type ChainHead } from '../../src/audit/make-record.js';
import type { AuditEvent } from '../../src/model/audit.js';
import { readAudit } from '../../src/audit/read-audit.js';
import { verifyChains } from '../../src/audit/verify-chains.js';
import { MemoryStore } from '../support/memory-store.js';

const { signal } = new AbortController();

const eventOf = (n: number, what = `app_${n}`): AuditEvent => ({
  ...{ action: 'backup', outcome: 'committed', server: 'main', facts: { backup: what } },
  time: `2026-11-0${n}T02:00:00.000Z`,
});

/** A store with a chain of five events, their keys, and the head after each: at last that which the writer remembers. */
function makeChain(writer = 'volume-1') {
  const store = new MemoryStore();
  const keys: string[] = [];
  const heads: ChainHead[] = [{ number: 0 }];
  const add = (event: AuditEvent, after: ChainHead) => {
    const { key, content, head } = makeRecord(event, writer, after);
    store.seed(key, content);
    return { key, head };
  };
  for (let n = 1; n <= 5; n += 1) {
    const { key, head } = add(eventOf(n), heads.at(-1)!);
    keys.push(key);
    heads.push(head);
  }
  return { store, keys, heads, head: heads.at(-1)!, add };
}

async function verify(store: MemoryStore, head?: ChainHead) {
  const heads = new Map(head ? [['volume-1', head]] : []);
  const { faults } = verifyChains(await readAudit(store, signal), heads);
  return faults.map(({ kind, key, what }) => [kind, key ?? what]);
}

const change = async (store: MemoryStore, key: string, from: string, to: string) =>
  store.seed(key, (await store.getDocument(key, signal))!.toString().replace(from, to));

it('says nothing of a whole chain', async () => {
  const { store, head } = makeChain();
  expect(await verify(store, head)).toEqual([]);
});

it('names a missing event', async () => {
  const { store, keys } = makeChain();
  await store.delete(keys[2]!, signal);
  expect(await verify(store)).toEqual([['missing', 'Event 3 of 5 of volume-1 is missing.']]);
});

it('names missing ones at the end, where the writer remembers them', async () => {
  const { store, keys, head } = makeChain();
  await store.delete(keys[4]!, signal);
  expect(await verify(store)).toEqual([]);
  expect(await verify(store, head)).toEqual([['missing', 'Event 5 of 5 of volume-1 is missing.']]);
});

it.each([
  ['what it says', 1, 'app_2', 'app_9'],
  ['the newest, which nothing follows', 4, 'app_5', 'app_9'],
  ['its place in the chain', 1, '"number":2', '"number": 2'],
])('names an altered event: %s', async (_what, index, from, to) => {
  const { store, keys } = makeChain();
  await change(store, keys[index]!, from, to);
  expect(await verify(store)).toEqual([['altered', keys[index]]]);
});

describe('two events of a command line with one number', () => {
  it('are named, and no fault, when the next one follows one of them', async () => {
    const { store, keys, heads, add } = makeChain('root@host');
    const twin = add(eventOf(2, 'at the same time'), heads[1]!);
    const report = verifyChains(await readAudit(store, signal));
    expect(report.faults).toEqual([]);
    expect(report.twins).toEqual([{ writer: 'root@host', number: 2, keys: [keys[1]!, twin.key].sort() }]);
  });

  it('are altered when the next one follows neither of them', async () => {
    const { store, keys, heads, add } = makeChain('root@host');
    await store.delete(keys[1]!, signal);
    const forged = ['a', 'b'].map((what) => add(eventOf(2, what), heads[1]!).key).sort();
    expect(await verify(store)).toEqual(forged.map((key) => ['altered', key]));
  });

  it('do not hide that one that was followed is missing', async () => {
    const { store, heads, add } = makeChain('root@host');
    const twin = add(eventOf(2, 'at the same time'), heads[1]!);
    add(eventOf(3, 'after that'), twin.head);
    expect(await verify(store)).toEqual([]);
    await store.delete(twin.key, signal);
    expect(await verify(store)).toEqual([
      ['missing', 'One of the events with the number 2 of root@host is missing: another one follows it.'],
    ]);
  });
});

it('names what is no event of ours', async () => {
  const { store } = makeChain();
  const foreign = 'audit/2026/11/03/readme.txt';
  store.seed(foreign, 'hello');
  expect(await verify(store)).toEqual([['unreadable', foreign]]);
});

it('counts events of the first version, which are in no chain', async () => {
  const { store } = makeChain();
  const old = {
    action: 'restore',
    time: '2026-10-01T00:00:00.000Z',
    server: 'main',
    outcome: 'committed',
    facts: {},
  };
  store.seed('audit/2026/10/01/20261001T000000.000Z_restore_run.json', JSON.stringify(old));
  expect(verifyChains(await readAudit(store, signal))).toMatchObject({ events: 6, unchained: 1, faults: [] });
});
