import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listWal } from '../../../src/catalogue/wal-archive.js';
import type { BaseManifest } from '../../../src/model/base-manifest.js';
import type { RecoveryTarget } from '../../../src/model/recovery-target.js';
import { parseLsn } from '../../../src/model/wal-segment.js';
import { withConnection } from '../../../src/postgres/connection.js';
import { locateRecovery, serveRecovered } from '../../../src/recovery/recovered-cluster.js';
import { replay } from '../../../src/recovery/replay.js';
import { unpackBase } from '../../../src/recovery/unpack-base.js';
import { findPath } from '../../../src/recovery/wal-path.js';
import { withWalReader } from '../../../src/recovery/wal-reader.js';
import { downloadArtifact } from '../../../src/restores/download-artifact.js';
import { startArchivedServer, type ArchivedServer } from '../../support/archived-server.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';

const { signal } = new AbortController();

describe.each([15, 16, 18])('PostgreSQL %i', (major) => {
  let server: ArchivedServer;
  let base: BaseManifest;
  const moments: { lsn: string; time: string }[] = [];

  const query = <Row extends Record<string, unknown>>(sql: string) =>
    server.postgres.query<Row>('postgres', sql);

  beforeAll(async () => {
    server = await startArchivedServer({ major, encrypted: true });
    base = await server.takeBase();
    await query('CREATE TABLE counted (number int)');
    for (let number = 1; number <= 3; number += 1) {
      await query(`INSERT INTO counted VALUES (${number})`);
      await query(`SELECT pg_create_restore_point('after ${number}')`);
      const [moment] = await query<{ lsn: string; time: string }>(
        `SELECT pg_current_wal_lsn()::text AS lsn, to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time`,
      );
      moments.push(moment!);
      await query('SELECT pg_switch_wal()');
    }
    await server.flush();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  async function recover(target: RecoveryTarget) {
    const scratch = await makeScratchDirectory();
    const directory = join(scratch, 'recovery');
    await mkdir(directory, { mode: 0o700 });
    const context = { signal, onProgress: () => undefined, ledger: { directory: join(scratch, 'children') } };
    const { store, cluster, privateKeys, programDirectories } = server;
    const options = { ...(privateKeys && { privateKeys }), workDirectory: scratch, programDirectories };
    const file = join(scratch, 'artifact');
    await downloadArtifact(store, base.artifact, file, context);
    await unpackBase([{ manifest: base, file }], locateRecovery(directory).dataDirectory, options, context);
    const archive = await listWal(store, cluster, signal);
    const path = findPath(archive, base);
    const recovered = { directory, superuser: base.superuser, binDirectory: server.postgres.binDirectory };
    const point = await withWalReader(store, base, options, context, (reader) => {
      const keys = new Map(path.segments.map((segment) => [segment.name, segment]));
      return replay(
        recovered,
        {
          ...{ target, timeline: path.timeline, from: parseLsn(base.startLsn)! },
          ...{ atLeast: 0n, segmentBytes: base.walSegmentBytes },
          wal: {
            segments: [...keys.keys()],
            histories: [],
            fetch: (name, into, abort) => reader.fetch(keys.get(name)!, into, abort),
          },
        },
        context,
      );
    });
    const rows = await serveRecovered(recovered, {}, context, (scratchServer) =>
      withConnection(
        scratchServer,
        'postgres',
        signal,
        async (client) =>
          (await client.query<{ number: number }>('SELECT number FROM counted ORDER BY 1')).rows,
      ),
    );
    return { point, numbers: rows.map(({ number }) => number) };
  }

  it.each([
    ['a time', () => ({ kind: 'time', time: moments[1]!.time }) as const, [1, 2]],
    ['a position', () => ({ kind: 'lsn', lsn: moments[0]!.lsn }) as const, [1]],
    ['a restore point', () => ({ kind: 'name', name: 'after 2' }) as const, [1, 2]],
    ['the end', () => ({ kind: 'end' }) as const, [1, 2, 3]],
  ])('replays to %s', async (_, target, expected) => {
    const { numbers, point } = await recover(target());
    expect(numbers).toEqual(expected);
    expect(point).toMatchObject({ timeline: 2, databases: ['postgres'] });
  });
});
