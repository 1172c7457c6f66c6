import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { damagedArtifact } from '../archive/damaged.js';
import { digestFile } from '../archive/digest-file.js';
import type { OpenFile } from '../archive/open-files.js';
import { parseWalDigest } from '../model/base-manifest.js';
import { parseWalKey, walDigestKey, type Cluster } from '../model/physical-keys.js';
import { formatLsn, parseSegmentName } from '../model/wal-segment.js';
import type { Store } from '../stores/store.js';
import { readSegmentOrigin } from '../wal/check-segment.js';

/** A saved part of a segment has a longer one, which begins with the segment's. */
const SEGMENT_NAME_LENGTH = 24;

/** Where archived WAL is read. */
export interface WalSource {
  store: Store;
  cluster: Cluster;
  /** Bytes of a segment. */
  segmentBytes: number;
  open: OpenFile;
}

/** An archived WAL file: a whole segment or a history, or a part of a segment that is to pass for the whole. */
export interface ArchivedWal {
  key: string;
  /** Of a segment of which only so many bytes were saved: the rest is made zeros, at which replay ends. */
  partBytes?: number;
}

/**
 * Fetches one archived WAL file, as the server once wrote it. It appears under its name only when it is whole and has the
 * digest that was noted before it was compressed and encrypted.
 *
 * @throws OperationError `ArtifactDamaged` when it is not what was archived, `KeyUnusable`, `StoreNotFound`…
 */
export async function fetchWalFile(
  { store, cluster, segmentBytes, open: openFile }: WalSource,
  { key, partBytes }: ArchivedWal,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const fetched = `${target}.fetched`;
  const opened = `${target}.opened`;
  try {
    await pipeline(await store.openRead(key, signal), createWriteStream(fetched, { mode: 0o600 }), {
      signal,
    });
    await openFile({ key, file: fetched }, opened);
    await checkDigest(store, cluster, key, opened, signal);
    if (partBytes !== undefined) await completeWithZeros(opened, partBytes, segmentBytes);
    await checkOrigin(cluster, key, opened, segmentBytes);
    await rename(opened, target);
  } finally {
    for (const file of [fetched, opened]) await rm(file, { force: true });
  }
}

async function checkDigest(
  store: Store,
  cluster: Cluster,
  key: string,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const digestKey = walDigestKey(cluster, parseWalKey(key)!.file);
  const document = await store.getDocument(digestKey, signal);
  if (!document) throw damagedArtifact({ key }, `has lost its digest ${digestKey}`);
  const expected = parseWalDigest(document.toString(), digestKey);
  const found = await digestFile(file, signal, () => undefined);
  if (found.sha256 !== expected.sha256)
    throw damagedArtifact({ key }, 'is not the file that was archived under this name');
}

async function completeWithZeros(file: string, partBytes: number, segmentBytes: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(partBytes);
    await handle.truncate(segmentBytes);
  } finally {
    await handle.close();
  }
}

/** Of another server's segment PostgreSQL would only say that the log ends there. */
async function checkOrigin(
  { systemIdentifier }: Cluster,
  key: string,
  file: string,
  segmentBytes: number,
): Promise<void> {
  const segment = parseSegmentName(parseWalKey(key)!.file.slice(0, SEGMENT_NAME_LENGTH), segmentBytes);
  if (!segment) return;
  const origin = await readSegmentOrigin(file);
  if (origin?.systemIdentifier !== systemIdentifier)
    throw damagedArtifact({ key }, `is of another server (system identifier ${origin?.systemIdentifier})`);
  if (origin.start !== segment.start)
    throw damagedArtifact({ key }, `is another segment, the one at ${formatLsn(origin.start)}`);
}
