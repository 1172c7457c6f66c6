import { join } from 'node:path';
import { appendFile, open, readdir, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { findWalReach } from '../../../src/model/wal-reach.js';
import { parsePartialName } from '../../../src/model/physical-keys.js';
import { formatLsn, parseSegmentName } from '../../../src/model/wal-segment.js';
import { shipPartial, shipWaiting } from '../../../src/wal/ship-partial.js';
import { partialPath } from '../../../src/wal/spool.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { waitUntil } from '../../support/wait-until.js';
import { makeArchiver, readRestart, SEGMENT_BYTES, untilArchived, writeSegment } from './archiver-tests.js';

/** Has a server end its recovery as a promoted standby does: on a new timeline. */
async function promote(server: PostgresServer): Promise<void> {
  await server.kill();
  await appendFile(join(server.dataDirectory, 'postgresql.conf'), "restore_command = '/bin/false'\n");
  await writeFile(join(server.dataDirectory, 'recovery.signal'), '');
  await server.start();
  await waitUntil('it is promoted', async () => {
    const [row] = await server.query<{ recovers: boolean }>(
      'postgres',
      'SELECT pg_is_in_recovery() AS recovers',
    );
    return !row!.recovers;
  });
}

test('the timeline of a server that was promoted is followed, and nothing is missing along it', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  archiver.start();
  await waitUntil('the slot is there', () => readRestart(server));
  const before = await untilArchived(archiver, await writeSegment(server));
  await server.query('postgres', 'CREATE TABLE before AS SELECT 1');
  await promote(server);
  await writeSegment(server);
  const end = await writeSegment(server);
  await waitUntil('the new timeline is archived', async () => {
    const { segments } = await archiver.list();
    return [...segments.keys()].filter((name) => name.startsWith('00000002')).length >= 2;
  });
  const archive = await archiver.list();
  expect([...archive.historyFiles.keys()]).toEqual(['00000002.history']);
  const lsn = parseSegmentName(before[0]!, SEGMENT_BYTES)!.start;
  const reach = findWalReach({ ...archive, segmentBytes: SEGMENT_BYTES }, { timeline: 1, lsn });
  expect(reach).toMatchObject({ timeline: 2, missing: [] });
  expect(reach.end).toBeGreaterThanOrEqual(end);
  expect(archive.gaps).toEqual([]);
  await waitUntil('the server may remove it', async () => (await readRestart(server))! >= end);
});

test('a server that was initialised anew is told from the one before', async () => {
  await using before = await startPostgres();
  await using after = await startPostgres();
  const archiver = await makeArchiver(before);
  const { ending } = archiver.start({ server: after });
  expect(await ending).toEqual({ kind: 'otherCluster' });
});

test('a segment with activity is ended when it is old, and a server on which nothing happens is left alone', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  archiver.start({ maxAgeSeconds: 1 });
  await waitUntil('the slot is there', () => readRestart(server));
  await server.query('postgres', 'CREATE TABLE t AS SELECT 1');
  const readLsn = async () =>
    (await server.query<{ lsn: string }>('postgres', 'SELECT pg_current_wal_lsn()::text AS lsn'))[0]!.lsn;
  await waitUntil('it is archived', async () => (await archiver.list()).segments.size > 0);
  // Whatever the server itself writes about that, it comes to rest.
  await waitUntil('nothing is written any more', async () => {
    const earlier = await readLsn();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    return (await readLsn()) === earlier;
  });
  const { segments } = await archiver.list();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect([...(await archiver.list()).segments.keys()]).toEqual([...segments.keys()]);
});

test('what was received of a segment is shipped when its server is lost', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  const running = archiver.start();
  await waitUntil('the slot is there', () => readRestart(server));
  await untilArchived(archiver, await writeSegment(server));
  await server.query('postgres', 'CREATE TABLE t AS SELECT 1');
  await waitUntil(
    'all is received',
    () => running.state.received === running.state.server && running.state.lagBytes > 0,
  );
  await server.kill();
  const shipped = await shipPartial(archiver.spool, {
    store: archiver.store,
    compression: { method: 'zstd', level: 1 },
    programDirectories: ['/usr/bin'],
    signal: new AbortController().signal,
  });
  const partial = parsePartialName(shipped!.file)!;
  const archive = await archiver.list();
  expect([...archive.partials.keys()]).toEqual([shipped!.file]);
  const [name] = [...archive.segments.keys()];
  const lsn = parseSegmentName(name!, SEGMENT_BYTES)!.start;
  const reach = findWalReach({ ...archive, segmentBytes: SEGMENT_BYTES }, { timeline: 1, lsn });
  expect(formatLsn(reach.end)).toBe(shipped!.lsn);
  expect(reach.end).toBeGreaterThanOrEqual(running.state.server!);
  expect(partial.bytes).toBeLessThan(SEGMENT_BYTES);
});

test('what is left of a lost server is shipped though the store has other files of those names', async () => {
  await using server = await startPostgres();
  const archiver = await makeArchiver(server);
  const running = archiver.start();
  await waitUntil('the slot is there', () => readRestart(server));
  const [name] = await untilArchived(archiver, await writeSegment(server));
  await server.query('postgres', 'CREATE TABLE t AS SELECT 1');
  await waitUntil(
    'all is received',
    () => running.state.received === running.state.server && running.state.lagBytes > 0,
  );
  await running.stop();
  const means = {
    store: archiver.store,
    compression: { method: 'zstd', level: 1 } as const,
    programDirectories: ['/usr/bin'],
    signal: new AbortController().signal,
  };
  const { spool } = archiver;
  const [{ file }] = [(await shipPartial(spool, means))!];
  // The same number of bytes, and another content.
  const part = await open(partialPath(spool, file.slice(0, 24)), 'r+');
  await part.write('x', 100);
  await part.close();
  expect(await shipPartial(spool, means)).toBeUndefined();
  expect([...(await archiver.list()).partials.keys()]).toEqual([file]);

  const another = Buffer.alloc(SEGMENT_BYTES);
  await writeFile(join(spool.directory, name!), another);
  await shipWaiting(spool, means);
  expect(await readdir(spool.aside)).toEqual([name]);
  expect((await archiver.list()).gaps).toHaveLength(1);
});
