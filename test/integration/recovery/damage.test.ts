import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { BaseManifest } from '../../../src/model/base-manifest.js';
import { walDigestKey, walKey, walPrefix } from '../../../src/model/physical-keys.js';
import type { RecoveryTarget } from '../../../src/model/recovery-target.js';
import { startArchivedServer, type ArchivedServer } from '../../support/archived-server.js';
import { makeGpgHome } from '../../support/gpg-home.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { find, withRecovered } from '../../support/recover.js';

const END: RecoveryTarget = { kind: 'end' };

let server: ArchivedServer;
let base: BaseManifest;
/** A moment after each of the rows 1, 2, 3, which are in a segment each; and those segments. */
const moments: string[] = [];
const segments: string[] = [];

beforeAll(async () => {
  server = await startArchivedServer({ encrypted: true });
  const query = <Row extends Record<string, unknown>>(sql: string) =>
    server.postgres.query<Row>('postgres', sql);
  base = await server.takeBase(new Date('2026-06-01T01:00:00Z'));
  await query('CREATE TABLE counted (number int)');
  for (let number = 1; number <= 3; number += 1) {
    await query(`INSERT INTO counted VALUES (${number})`);
    const [row] = await query<{ time: string; segment: string }>(
      `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time,
              pg_walfile_name(pg_current_wal_insert_lsn()) AS segment`,
    );
    moments.push(row!.time);
    segments.push(row!.segment);
    await server.flush();
  }
});
afterAll(() => server[Symbol.asyncDispose]());

const fileOf = (segment: string) => join(server.storeDirectory, walKey(server.cluster, segment, '.zst.gpg'));
const digestOf = (segment: string) => join(server.storeDirectory, walDigestKey(server.cluster, segment));

/** What a recovery ends with, and that it has started no server that it then left. */
async function refusal(target: RecoveryTarget): Promise<unknown> {
  const error: unknown = await withRecovered(server, target, () => Promise.resolve()).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(await readdir(server.scratch)).not.toContainEqual(expect.stringMatching(/^recovery-/));
  return error;
}

/** Changes a file of the store for the running test. */
async function change(path: string, make: (content: Buffer) => Buffer | undefined) {
  const content = await readFile(path);
  onTestFinished(() => writeFile(path, content));
  const changed = make(content);
  if (changed) await writeFile(path, changed);
  else await rm(path);
}

describe('a segment that is needed', () => {
  it('and was changed ends the recovery, which would else stop before it without a word', async () => {
    await change(fileOf(segments[1]!), (content) => {
      const changed = Buffer.from(content);
      changed[changed.length - 20]! ^= 1;
      return changed;
    });
    expect(await refusal(END)).toMatchObject({
      type: 'ArtifactDamaged',
      message: expect.stringContaining(segments[1]!) as string,
    });
  });

  it('and is cut short ends the recovery', async () => {
    await change(fileOf(segments[2]!), (content) => content);
    await truncate(fileOf(segments[2]!), 1000);
    expect(await refusal(END)).toMatchObject({ type: 'ArtifactDamaged' });
  });

  it('and is another one of the same server ends the recovery', async () => {
    const other = await readFile(fileOf(segments[0]!));
    await change(fileOf(segments[1]!), () => other);
    expect(await refusal(END)).toMatchObject({
      type: 'ArtifactDamaged',
      message: expect.stringContaining('is not the file that was archived under this name') as string,
    });
  });

  it('and is another one, with its digest, is known by what it says itself', async () => {
    const other = await readFile(fileOf(segments[0]!));
    const digest = await readFile(digestOf(segments[0]!), 'utf8');
    await change(fileOf(segments[1]!), () => other);
    await change(digestOf(segments[1]!), () => Buffer.from(digest));
    expect(await refusal(END)).toMatchObject({
      type: 'ArtifactDamaged',
      message: expect.stringContaining('is another segment') as string,
    });
  });

  it('and is of another server is named as that', async () => {
    await using foreign = await startArchivedServer({ encrypted: true });
    await foreign.flush();
    const [name] = (await readdir(join(foreign.storeDirectory, walPrefix(foreign.cluster)))).filter((file) =>
      file.endsWith('.json'),
    );
    const segment = name!.slice(0, 24);
    // Under a key that both can open it would be replayed as the end of the log.
    const plain = join(foreign.scratch, 'archived', segment);
    await shipAs(segments[1]!, plain);
    expect(await refusal(END)).toMatchObject({
      type: 'ArtifactDamaged',
      message: expect.stringContaining(
        `is of another server (system identifier ${foreign.cluster.systemIdentifier})`,
      ) as string,
    });
  });

  it('and is missing is named before anything starts, and what lies before it can be recovered', async () => {
    await change(fileOf(segments[1]!), () => undefined);
    await expect(find(server, END)).rejects.toMatchObject({
      type: 'WalMissing',
      message: expect.stringContaining(segments[1]!) as string,
    });
    await expect(find(server, { kind: 'time', time: moments[2]! })).rejects.toMatchObject({
      type: 'TargetOutOfWindow',
      message: expect.stringContaining(`from ${base.stopTime}`) as string,
    });
  });
});

/** Puts a plain file into the store as a segment of the server, as it would have been archived. */
async function shipAs(segment: string, plain: string) {
  const content = await readFile(plain);
  const sha256 = createHash('sha256').update(content).digest('hex');
  await change(digestOf(segment), (old) =>
    Buffer.from(JSON.stringify({ ...(JSON.parse(old.toString()) as object), sha256, bytes: content.length })),
  );
  await change(fileOf(segment), () => undefined);
  const compressed = fileOf(segment).replace(/\.gpg$/, '');
  onTestFinished(() => rm(compressed, { force: true }));
  await execa('zstd', ['-q', plain, '-o', compressed]);
}

it('a base backup whose artifact was changed is refused', async () => {
  await change(join(server.storeDirectory, base.artifact.key), (content) => {
    const changed = Buffer.from(content);
    changed[Math.floor(changed.length / 2)]! ^= 1;
    return changed;
  });
  expect(await refusal(END)).toMatchObject({ type: 'ArtifactDamaged' });
});

it('a base backup without the WAL up to its end is of no use', async () => {
  const first = join(server.storeDirectory, walPrefix(server.cluster));
  const names = (await readdir(first)).filter((name) => name.endsWith('.zst.gpg')).sort();
  const needed = names.find((name) => !segments.includes(name.slice(0, 24)))!;
  const [from, aside] = [join(first, needed), join(server.scratch, needed)];
  await rename(from, aside);
  onTestFinished(() => rename(aside, from));
  expect(await refusal(END)).toMatchObject({ type: 'WalMissing' });
});

it('keys that open nothing are told from damage', async () => {
  const privateKeysFile = join(await makeScratchDirectory(), 'other.asc');
  await using home = await makeGpgHome('other@test.invalid');
  await home.exportPrivateKeys(privateKeysFile);
  const stranger = { ...server, privateKeys: { privateKeysFile } };
  await expect(find(stranger, { kind: 'time', time: moments[0]! })).rejects.toMatchObject({
    type: 'KeyUnusable',
  });
  const { privateKeys: _, ...without } = server;
  await expect(find(without, { kind: 'time', time: moments[0]! })).rejects.toMatchObject({
    type: 'KeyUnusable',
    message: expect.stringContaining('there are no private keys here') as string,
  });
});

describe('a target outside of the window', () => {
  it.each([
    ['a time before the first base backup', { kind: 'time', time: '2026-01-01T00:00:00Z' }],
    ['a time after the last commit', { kind: 'time', time: '2100-01-01T00:00:00Z' }],
    ['a position before the first base backup', { kind: 'lsn', lsn: '0/1000000' }],
    ['a position after the end', { kind: 'lsn', lsn: 'FF/0' }],
    ['a restore point that nobody made', { kind: 'name', name: 'nowhere' }],
  ] satisfies [string, RecoveryTarget][])('(%s) is refused with the window', async (_, target) => {
    await expect(find(server, target)).rejects.toMatchObject({
      type: 'TargetOutOfWindow',
      message: expect.stringMatching(new RegExp(`reaches from ${base.stopTime} .* to about `)) as string,
    });
  });

  it('says when the last transaction ended that can be had', async () => {
    await expect(find(server, { kind: 'time', time: '2100-01-01T00:00:00Z' })).rejects.toMatchObject({
      message: expect.stringMatching(/last transaction before the end of its WAL ended at 2\d{3}-/) as string,
    });
  });
});
