import { readdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { OperationError } from '../../../src/model/failures.js';
import { formatLsn, parseSegmentName } from '../../../src/model/wal-segment.js';
import { findWalReach } from '../../../src/model/wal-reach.js';
import type { Store } from '../../../src/stores/store.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { findProcesses, killProcesses } from '../../support/our-processes.js';
import { openSpool } from '../../../src/wal/spool.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';
import {
  makeArchiver,
  readRestart,
  SEGMENT_BYTES,
  SLOT,
  untilArchived,
  writeSegment,
  type TestArchiver,
} from './archiver-tests.js';

/** What is missing between the first segment that is archived and the last one. */
async function readMissing(archiver: TestArchiver) {
  const archive = await archiver.list();
  const [first] = [...archive.segments.keys()];
  const lsn = parseSegmentName(first!, SEGMENT_BYTES)!.start;
  return findWalReach({ ...archive, segmentBytes: SEGMENT_BYTES }, { timeline: 1, lsn }).missing;
}

test('a store that is down makes the spool grow and the lag be told; nothing leaves the server, and all arrives', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  let isDown = false;
  const store: Store = {
    ...archiver.store,
    putDocument: (...args) =>
      isDown
        ? Promise.reject(new OperationError('StoreUnreachable', 'It is down; wait.'))
        : archiver.store.putDocument(...args),
  };
  const { state } = archiver.start({ store });
  await waitUntil('the slot is there', () => readRestart(server));
  await untilArchived(archiver, await writeSegment(server));
  isDown = true;
  const end = (await writeSegment(server), await writeSegment(server));
  await waitUntil('the spool has both', async () => (await readSegmentsIn(archiver)).length === 2);
  await waitUntil('the lag is told', () => state.lagBytes >= 2 * SEGMENT_BYTES - 1e6 && state.lagSeconds > 0);
  expect(state.trouble.shipping).toBe('It is down; wait.');
  expect((await readRestart(server))!).toBeLessThan(end - BigInt(SEGMENT_BYTES));
  isDown = false;
  await untilArchived(archiver, end);
  await waitUntil('the server may remove it', async () => (await readRestart(server))! >= end);
  await waitUntil(
    'no trouble is told any more',
    () => state.trouble.shipping === undefined && state.lagBytes === 0,
  );
  expect(await readMissing(archiver)).toEqual([]);
});

test.skipIf(process.getuid?.() !== 0)(
  'WAL that cannot be shipped leaves room on the staging volume, and stays on the server',
  async () => {
    await using server = await startPostgres();
    const archiver = await makeArchiver(server);
    const volume = await makeScratchDirectory();
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=320m', 'tmpfs', volume]);
    try {
      let isDown = true;
      const store: Store = {
        ...archiver.store,
        putDocument: (...args) =>
          isDown
            ? Promise.reject(new OperationError('StoreUnreachable', 'It is down; wait.'))
            : archiver.store.putDocument(...args),
      };
      const spool = await openSpool({ directory: volume, id: 'small' }, archiver.cluster, SEGMENT_BYTES);
      const running = archiver.start({ store, spool });
      await waitUntil('the slot is there', () => readRestart(server));
      let end = 0n;
      for (let segment = 0; segment < 12; segment++) end = await writeSegment(server);
      await waitUntil('reception waits', () => running.state.trouble.receiving);
      expect(running.state.trouble.receiving).toMatch(/^Less than 256 MiB are left on the staging volume/);
      const { bavail, bsize } = await statfs(volume);
      expect(bavail * bsize).toBeGreaterThan(100 * 1024 * 1024);
      isDown = false;
      await untilArchived(archiver, end);
      await waitUntil('the server may remove it', async () => (await readRestart(server))! >= end);
      expect(await readMissing(archiver)).toEqual([]);
      await running.stop();
    } finally {
      await execa('umount', [volume]);
    }
  },
);

test('reception goes on without a gap after the server crashed, the receiver was killed, and another run began', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  const first = archiver.start();
  await waitUntil('the slot is there', () => readRestart(server));
  await untilArchived(archiver, await writeSegment(server));
  await server.kill();
  await server.start();
  await untilArchived(archiver, await writeSegment(server));
  const receivers = (await findProcesses(archiver.spool.directory)).filter(({ command }) =>
    command.includes('pg_receivewal'),
  );
  expect(receivers.length).toBeGreaterThan(0);
  killProcesses(receivers);
  await untilArchived(archiver, await writeSegment(server));
  await first.stop();
  expect(await findProcesses(archiver.spool.directory)).toEqual([]);
  await writeSegment(server);
  archiver.start();
  await untilArchived(archiver, await writeSegment(server));
  expect(await readMissing(archiver)).toEqual([]);
});

test('a spool that is lost, and a host that was overtaken by another one, leave no gap', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  const first = archiver.start();
  await waitUntil('the slot is there', () => readRestart(server));
  await untilArchived(archiver, await writeSegment(server));
  await first.stop();

  // Another host, with a spool of its own, goes on from the slot.
  await writeSegment(server);
  const elsewhere = { directory: await makeScratchDirectory(), id: 'other' };
  const other = archiver.start({ spool: await openSpool(elsewhere, archiver.cluster, SEGMENT_BYTES) });
  for (let segment = 0; segment < 3; segment++) {
    const end = await writeSegment(server);
    await untilArchived(archiver, end);
    await waitUntil('the server may remove it', async () => (await readRestart(server))! >= end);
    await server.query('postgres', 'CHECKPOINT');
  }
  await other.stop();

  // The first one comes back, with what it had received then.
  const back = archiver.start();
  await untilArchived(archiver, await writeSegment(server));
  expect(await Promise.race([back.ending, Promise.resolve('runs')])).toBe('runs');
  await back.stop();
  expect(await readMissing(archiver)).toEqual([]);
  expect((await archiver.list()).gaps).toEqual([]);
});

test('a slot that is dropped while WAL streams is made anew, and nothing is missing', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  const { ending } = archiver.start();
  await waitUntil('the slot is there', () => readRestart(server));
  await untilArchived(archiver, await writeSegment(server));
  await waitUntil('the slot is not in use', () =>
    server.query('postgres', `SELECT pg_drop_replication_slot('${SLOT}')`).then(
      () => true,
      () => false,
    ),
  );
  await waitUntil('it is there again', () => readRestart(server));
  await untilArchived(archiver, await writeSegment(server));
  expect(await readMissing(archiver)).toEqual([]);
  expect(await Promise.race([ending, Promise.resolve('runs')])).toBe('runs');
});

test('WAL that the server removed before it was archived is a gap, kept on record, after which archiving goes on', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  const first = archiver.start();
  await waitUntil('the slot is there', () => readRestart(server));
  const before = await writeSegment(server);
  await untilArchived(archiver, before);
  await first.stop();
  await server.query('postgres', `SELECT pg_drop_replication_slot('${SLOT}')`);
  for (let segment = 0; segment < 3; segment++) {
    await writeSegment(server);
    await server.query('postgres', 'CHECKPOINT');
  }
  const second = archiver.start();
  const ending = await second.ending;
  const { gaps } = await archiver.list();
  expect(gaps).toHaveLength(1);
  const [gap] = gaps;
  expect(ending).toMatchObject({ kind: 'gap', gap: { reason: gap!.reason } });
  expect(gap!.timeline).toBe(1);

  const third = archiver.start();
  const end = await writeSegment(server);
  await untilArchived(archiver, end);
  expect((await readMissing(archiver)).map(({ from, to }) => [formatLsn(from), formatLsn(to)])).toEqual([
    [gap!.fromLsn, gap!.toLsn],
  ]);
  await third.stop();
  expect((await archiver.list()).gaps).toEqual(gaps);
});

test('a segment that was damaged in the spool is set aside and received anew', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  let isHeld = true;
  const store: Store = {
    ...archiver.store,
    putDocument: (...args) =>
      isHeld
        ? Promise.reject(new OperationError('StoreUnreachable', 'It is down; wait.'))
        : archiver.store.putDocument(...args),
  };
  const { state } = archiver.start({ store });
  await waitUntil('the slot is there', () => readRestart(server));
  await writeSegment(server);
  const end = await writeSegment(server);
  const [damaged] = await waitUntil('both are in the spool', async () => {
    const names = await readSegmentsIn(archiver);
    return names.length === 2 ? names : undefined;
  });
  await writeFile(join(archiver.spool.directory, damaged!), 'no segment');
  isHeld = false;
  await untilArchived(archiver, end);
  await waitUntil('the first one is archived', async () => (await archiver.list()).segments.has(damaged!));
  expect(state.aside).toEqual([damaged]);
  expect(await readdir(archiver.spool.aside)).toEqual([damaged]);
  expect(archiver.warnings.join('\n')).toContain(damaged);
  expect((await archiver.list()).gaps).toEqual([]);
});

test('another segment under a name that is archived already is set aside, once its gap is on record', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  let isInterrupted = true;
  const store: Store = {
    ...archiver.store,
    putDocument: (key, ...rest) =>
      isInterrupted && key.endsWith('.gap.json')
        ? Promise.reject(new OperationError('StoreUnreachable', 'It is down; wait.'))
        : archiver.store.putDocument(key, ...rest),
  };
  const first = archiver.start();
  await waitUntil('the slot is there', () => readRestart(server));
  await untilArchived(archiver, await writeSegment(server));
  await first.stop();
  // The name of the segment that comes next is taken.
  const [{ name }] = (await server.query<{ name: string }>(
    'postgres',
    `SELECT pg_walfile_name(pg_current_wal_lsn() + 1) AS name`,
  )) as [{ name: string }];
  await archiver.store.putDocument(
    `wal/prod/${archiver.cluster.systemIdentifier}/${name}.json`,
    Buffer.from(JSON.stringify({ format: '1.0', file: name, bytes: SEGMENT_BYTES, sha256: '0'.repeat(64) })),
    new AbortController().signal,
  );
  const second = archiver.start({ store });
  await writeSegment(server);
  await expect(second.ending).rejects.toThrow('It is down');
  expect(await readSegmentsIn(archiver)).toContain(name);
  expect(await readdir(archiver.spool.aside)).toEqual([]);

  isInterrupted = false;
  const ending = await archiver.start({ store }).ending;
  expect(ending).toMatchObject({ kind: 'gap', gap: { first: name } });
  expect(await readdir(archiver.spool.aside)).toEqual([name]);
  expect((await archiver.list()).gaps).toMatchObject([{ reason: expect.stringContaining(name) as string }]);
  archiver.start();
  const end = await writeSegment(server);
  await untilArchived(archiver, end);
  await waitUntil('the slot goes on', async () => (await readRestart(server))! >= end);
});

async function readSegmentsIn({ spool }: TestArchiver): Promise<string[]> {
  return (await readdir(spool.directory)).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort();
}
