import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { expect } from 'vitest';
import { auditPrefix } from '../../src/model/audit.js';
import type { DatabaseManifest } from '../../src/model/manifest.js';
import type { Store } from '../../src/stores/store.js';
import type { BackupSystem } from './backup-system.js';

const signal = new AbortController().signal;

/**
 * All that is in the store, beside the audit events that every worker and run leave: the keys of the objects, and of the
 * uploads that were begun and never ended.
 */
export async function listStore(store: Store): Promise<{ objects: string[]; unfinished: string[] }> {
  const objects: string[] = [];
  const unfinished: string[] = [];
  for await (const { key } of store.list('', signal)) if (!key.startsWith(auditPrefix)) objects.push(key);
  for await (const { key } of store.listUnfinished('', signal)) unfinished.push(key);
  return { objects, unfinished };
}

/** Nothing is in the store: no backup, no artifact, no part of one. */
export async function expectEmptyStore(store: Store): Promise<void> {
  expect(await listStore(store)).toEqual({ objects: [], unfinished: [] });
}

/**
 * The store holds exactly one backup and nothing else, and that one is good: its artifact is what the manifest says, can
 * be decrypted and unpacked, and is an archive that pg_restore reads, with the data of all tables in the inventory.
 */
export async function expectOneWholeBackup(
  { store, key: gpgHome, postgres }: Pick<BackupSystem, 'store' | 'key' | 'postgres'>,
  backupId: string,
): Promise<DatabaseManifest> {
  const { objects, unfinished } = await listStore(store);
  expect(objects).toEqual([
    expect.stringMatching(`/${backupId}\\.dump\\.tar\\.`),
    expect.stringMatching(`/${backupId}\\.manifest\\.json$`),
  ]);
  expect(unfinished).toEqual([]);

  const document = await store.getDocument(objects[1]!, signal);
  const manifest = JSON.parse(document!.toString()) as DatabaseManifest;
  const { artifact, inventory } = manifest;
  expect(artifact.key).toBe(objects[0]);
  const scratch = await mkdtemp(join(tmpdir(), 'tb-unpack-'));
  try {
    const stored = join(scratch, 'stored');
    await pipeline(await store.openRead(artifact.key, signal), createWriteStream(stored));
    const content = await readFile(stored);
    expect(content.length).toBe(artifact.bytes);
    expect(createHash('sha256').update(content).digest('hex')).toBe(artifact.sha256);

    const archive = artifact.encryption.method === 'gpg' ? join(scratch, 'decrypted') : stored;
    if (archive !== stored) await gpgHome!.decrypt(stored, archive);
    const dump = join(scratch, 'dump');
    await mkdir(dump);
    await execa('tar', [`--use-compress-program=${artifact.codec}`, '-xf', archive, '-C', dump]);
    const { stdout } = await execa(join(postgres.binDirectory, 'pg_restore'), ['--list', dump]);
    expect(stdout.match(/ TABLE DATA /g) ?? []).toHaveLength(inventory.tables.length);
    return manifest;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
