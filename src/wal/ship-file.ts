import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile } from '../archive/digest-file.js';
import { codecSuffix, compressorCommand } from '../archive/tar.js';
import { parseWalDigest, type WalDigest } from '../model/base-manifest.js';
import { OperationError, remedyFor } from '../model/failures.js';
import { MANIFEST_FORMAT } from '../model/manifest.js';
import { walDigestKey, walKey } from '../model/physical-keys.js';
import type { Compression } from '../model/plan.js';
import { parseTimelineHistory } from '../model/timeline-history.js';
import { formatLsn, isSegmentName, parseHistoryName } from '../model/wal-segment.js';
import { runPipeline, type PipelineProgram } from '../programs/run-pipeline.js';
import type { Store } from '../stores/store.js';
import { checkSegment } from './check-segment.js';
import type { Spool } from './spool.js';

/** By what means WAL gets into a store. */
export interface ShippingMeans {
  store: Store;
  compression: Compression;
  /** Encrypts its standard input; left out where nothing is encrypted. */
  encrypt?: PipelineProgram | undefined;
  programDirectories: readonly string[];
  signal: AbortSignal;
}

/** Whether {@link shipFile} failed because a file is not fit to be archived under its name: trying again does not help. */
export const isUnfit = (error: unknown): error is OperationError =>
  error instanceof OperationError && (error.type === 'WalConflict' || error.type === 'ArtifactDamaged');

/** What was shipped: sizes in bytes, before and after. */
export interface ShippedFile {
  bytes: number;
  storedBytes: number;
}

/**
 * Puts a WAL file into the store: compressed, encrypted, and durable there when this resolves. What it was before is
 * written first, so that the same file again is success, at any interruption, and another one of its name is refused.
 *
 * @param name - the name it is archived under
 * @throws OperationError `WalConflict` when the store has another file of that name, or an empty one; `ArtifactDamaged`
 * when it is not what its name says; else of the store, or of the programs
 */
export async function shipFile(
  spool: Spool,
  path: string,
  name: string,
  means: ShippingMeans,
): Promise<ShippedFile> {
  const { store, signal } = means;
  const { size } = await stat(path);
  if (isSegmentName(name)) await checkSegment(path, name, size, { ...spool, ...spool.cluster });
  const { sha256, bytes } = await digestFile(path, signal, () => undefined);
  await putDigest(
    spool,
    store,
    { format: MANIFEST_FORMAT, file: name, bytes, sha256, ...(await readPast(path, name)) },
    signal,
  );

  const suffix = `${codecSuffix[means.compression.method]}${means.encrypt ? '.gpg' : ''}`;
  const key = walKey(spool.cluster, name, suffix);
  const stored = await store.describe(key, signal);
  // What compresses to nothing does not exist: somebody emptied it, and what is here may be all that there is.
  if (stored?.bytes === 0)
    throw new OperationError(
      'WalConflict',
      `The store ${store.name} holds ${key} empty in place of ${name} of server ${spool.cluster.server}; find out who emptied it, and remove it.`,
    );
  if (stored) return { bytes, storedBytes: stored.bytes };

  const artifact = join(spool.outgoing, `${name}${suffix}`);
  try {
    await makeArtifact(path, artifact, means);
    const made = await digestFile(artifact, signal, () => undefined);
    await store.putFile(key, { path: artifact, ...made }, { signal, onProgress: () => undefined });
    return { bytes, storedBytes: made.bytes };
  } finally {
    await rm(artifact, { force: true });
  }
}

/** A history is told in its digest as well: who has no private key cannot read it otherwise. */
async function readPast(path: string, name: string): Promise<Pick<WalDigest, 'history'>> {
  if (parseHistoryName(name) === undefined) return {};
  const past = parseTimelineHistory(await readFile(path, 'utf8'), name);
  return { history: past.map(({ timeline, end }) => ({ timeline, end: formatLsn(end) })) };
}

async function putDigest(spool: Spool, store: Store, digest: WalDigest, signal: AbortSignal): Promise<void> {
  const key = walDigestKey(spool.cluster, digest.file);
  try {
    await store.putDocument(key, Buffer.from(`${JSON.stringify(digest)}\n`), signal);
  } catch (error) {
    if (!(error instanceof OperationError) || error.type !== 'StoreConflict') throw error;
    const document = await store.getDocument(key, signal);
    if (document && parseWalDigest(document.toString(), key).sha256 === digest.sha256) return;
    throw new OperationError(
      'WalConflict',
      `The store ${store.name} holds another ${digest.file} of server ${spool.cluster.server}; ${remedyFor('WalConflict')}.`,
      { cause: error },
    );
  }
}

async function makeArtifact(path: string, artifact: string, means: ShippingMeans): Promise<void> {
  const { compression, programDirectories, encrypt, signal } = means;
  const [file, ...args] = await compressorCommand(compression, programDirectories);
  const compress = { file: file!, args: [...args, '--stdout', '--', path] };
  await runPipeline([compress, ...(encrypt ? [encrypt] : [])], artifact, { signal });
}
