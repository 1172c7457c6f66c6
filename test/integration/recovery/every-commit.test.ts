import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { formatMoment, parseMoment, type Moment } from '../../../src/model/moment.js';
import { startArchivedServer, type ArchivedServer } from '../../support/archived-server.js';
import { withRecovered } from '../../support/recover.js';
import { waitUntil } from '../../support/wait-until.js';

/** How many rows are written between two disturbances. */
const ROWS = 60;
const TARGETS = 20;

/** Inserts a numbered row every few milliseconds, each in a transaction of its own, whatever becomes of the server. */
function startWriter({ postgres: { host, port, user, password } }: ArchivedServer) {
  let isStopped = false;
  let committed = 0;
  const writeOnce = async () => {
    const client = new pg.Client({ host, port, user, password, database: 'postgres' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      while (!isStopped) {
        await client.query('INSERT INTO written DEFAULT VALUES');
        committed += 1;
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const writing = (async () => {
    // A server that is killed or restarted takes the connection with it.
    while (!isStopped) await writeOnce().catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
  })();
  return {
    /** Waits until some more rows are committed. */
    async more(rows = ROWS) {
      const wanted = committed + rows;
      await waitUntil(`${rows} more rows are written`, () => committed >= wanted);
    },
    async stop() {
      isStopped = true;
      await writing;
    },
  };
}

/** Makes the server leave its timeline for a new one, as a standby does that is promoted. */
async function switchTimeline({ postgres }: ArchivedServer) {
  await postgres.kill();
  await writeFile(join(postgres.dataDirectory, 'standby.signal'), '');
  await postgres.start();
  await postgres.query('postgres', 'SELECT pg_promote()');
}

/** Numbers from 0 to 1, always the same ones for a seed (mulberry32): what fails can be tried again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe.each([15, 16, 18])('PostgreSQL %i', (major) => {
  it('has at any moment exactly the rows that were committed before it, through kills, restarts and a promotion', async () => {
    await using server = await startArchivedServer({
      major,
      encrypted: major === 15,
      settings: { track_commit_timestamp: 'on' },
    });
    const { postgres } = server;
    await postgres.query('postgres', 'CREATE TABLE written (number bigserial PRIMARY KEY)');
    const writer = startWriter(server);
    await writer.more();
    const first = await server.takeBase(new Date('2026-06-01T01:00:00Z'));
    await writer.more();
    await server.flush();
    await writer.more();
    await postgres.kill();
    await postgres.start();
    await writer.more();
    await server.takeBase(new Date('2026-06-02T01:00:00Z'));
    await writer.more();
    await switchTimeline(server);
    await writer.more();
    await server.flush();
    await postgres.restart();
    await writer.more();
    await server.takeBase(new Date('2026-06-03T01:00:00Z'));
    await writer.more();
    await writer.stop();
    await server.flush();

    const rows = await postgres.query<{ number: string; committed: string }>(
      'postgres',
      `SELECT number::text, to_char(pg_xact_commit_timestamp(xmin) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS committed
         FROM written ORDER BY written.number`,
    );
    const commits = rows.map(({ number, committed }) => ({ number, at: parseMoment(committed)! }));
    const [from, to] = [parseMoment(first.stopTime)!, commits.at(-1)!.at];
    const seed = Date.now() % 1_000_000;
    const random = randomFrom(seed);
    const targets: Moment[] = Array.from({ length: TARGETS }, (_, index) => {
      // One in each stretch of the time, so that each base backup has its turn.
      const share = (index + random()) / TARGETS;
      const moment = from + BigInt(Math.floor(share * Number(to - from)));
      // Every fourth is the very moment of a commit, which is then there.
      const exact = commits.find(({ at }) => at >= moment)!.at;
      return index % 4 === 0 ? exact : moment;
    });
    const bases = new Set<string>();
    const timelines = new Set<number>();
    for (const target of targets) {
      const time = formatMoment(target);
      await withRecovered(server, { kind: 'time', time }, async (recovered) => {
        bases.add(recovered.found.base.id);
        timelines.add(recovered.point.timeline);
        const there = await recovered.ask('postgres', (client) =>
          client.query<{ number: string }>('SELECT number::text FROM written ORDER BY written.number'),
        );
        const expected = commits.filter(({ at }) => at <= target).map(({ number }) => number);
        expect(
          there.rows.map(({ number }) => number),
          `at ${time}, seed ${seed}`,
        ).toEqual(expected);
      });
    }
    expect(bases.size).toBeGreaterThan(1);
    // Each recovered server begins a timeline that no other has had: 2 was the promoted server's.
    expect([...timelines]).toEqual([3]);
  }, 600_000);
});
