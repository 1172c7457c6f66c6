import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { withEncryption, type GpgRecipients } from '../archive/gpg.js';
import { compressorCommand } from '../archive/tar.js';
import type { BasePlan } from '../model/base-plan.js';
import type { Artifact } from '../model/manifest.js';
import type { Compression } from '../model/plan.js';
import type { ServerConnection } from '../model/server-connection.js';
import { locateClient } from '../postgres/locate-client.js';
import { baseBackupProgram, lacksCodec, type BaseBackupListener } from '../postgres/pg-basebackup.js';
import { locateProgram } from '../programs/locate-program.js';
import { runPipeline, type PipelineProgram } from '../programs/run-pipeline.js';
import type { ProgramContext } from '../programs/run-program.js';

/** The first major version whose pg_basebackup may know zstd. */
const FIRST_WITH_ZSTD = 15;

/** What copying a server needs beside the plan. */
export interface CopyMeans {
  server: ServerConnection;
  programDirectories: readonly string[];
  /** Left out where nothing is encrypted. */
  keys?: GpgRecipients;
  /** The attempt's, empty: see {@link artifactIn} and {@link backupManifestIn} for what is made in it. */
  directory: string;
  /** Path of the `backup_manifest` since which only the changes are taken. */
  incrementalTo?: string;
}

/** `onProgress` gets the bytes of data that the server has sent. */
export type CopyContext = ProgramContext & { onProgress: (bytes: number) => void };

/**
 * Copies a whole server into one file, compressed and encrypted; nothing uncompressed touches the disk.
 *
 * @returns how many those were, and the codec: gzip where pg_basebackup was built without zstd
 * @throws OperationError `AuthenticationFailed`, `PermissionDenied`, `ServerUnreachable`, `StagingFull`, `KeyUnusable`…
 */
export async function copyCluster(
  plan: BasePlan,
  means: CopyMeans,
  context: CopyContext,
): Promise<{ dataBytes: number; codec: Artifact['codec'] }> {
  let dataBytes = 0;
  const stuck = new AbortController();
  const listener: BaseBackupListener = {
    onBytes: (bytes) => {
      dataBytes = bytes;
      context.onProgress(bytes);
    },
    onStuck: (fault) => stuck.abort(fault),
  };
  const signal = AbortSignal.any([context.signal, stuck.signal]);
  const take = plan.layout === 'stream' ? takeStream : takeFiles;
  const codec = await take(plan, means, listener, { ...context, nice: plan.nice, signal });
  return { dataBytes, codec };
}

/** Where the artifact is made. */
export const artifactIn = (directory: string) => join(directory, 'artifact');
/** Where `backup_manifest` is, with the layout `files`. */
export const backupManifestIn = (directory: string) => join(directory, 'files', 'backup_manifest');

async function takeStream(
  plan: BasePlan,
  means: CopyMeans,
  listener: BaseBackupListener,
  context: ProgramContext,
): Promise<Artifact['codec']> {
  const { server, programDirectories } = means;
  const program = await locateClient('pg_basebackup', plan.major, programDirectories, context.signal);
  const [file, ...args] = await compressorCommand(plan.compression, programDirectories);
  await runToArtifact(
    [baseBackupProgram(server, { program }, listener), { file: file!, args }],
    means,
    context,
  );
  return plan.compression.method;
}

async function takeFiles(
  plan: BasePlan,
  means: CopyMeans,
  listener: BaseBackupListener,
  context: ProgramContext,
): Promise<Artifact['codec']> {
  const { server, programDirectories, directory, incrementalTo } = means;
  const program = await locateClient('pg_basebackup', plan.major, programDirectories, context.signal);
  const files = join(directory, 'files');
  const take = async (compression: Compression): Promise<Artifact['codec']> => {
    const into = { directory: files, compression, workers: availableParallelism() };
    const options = { program, into, ...(incrementalTo === undefined ? {} : { incrementalTo }) };
    await runPipeline([baseBackupProgram(server, options, listener)], undefined, context);
    return compression.method;
  };
  const fallback: Compression = { method: 'gzip', level: 1 };
  const codec = await take(plan.major < FIRST_WITH_ZSTD ? fallback : plan.compression).catch(
    (error: unknown) => {
      if (!lacksCodec(error)) throw error;
      return take(fallback);
    },
  );
  const tar: PipelineProgram = {
    file: await locateProgram('tar', programDirectories),
    args: [
      '--create',
      '--format=posix',
      '--sort=name',
      '--numeric-owner',
      `--directory=${files}`,
      '--file=-',
      '.',
    ],
  };
  await runToArtifact([tar], means, context);
  return codec;
}

/** Runs a pipeline into the artifact, gpg at its end where there is encryption. */
async function runToArtifact(
  programs: PipelineProgram[],
  { keys, directory, programDirectories }: CopyMeans,
  context: ProgramContext,
): Promise<void> {
  const artifact = artifactIn(directory);
  if (keys === undefined) return runPipeline(programs, artifact, context);
  return withEncryption(keys, directory, programDirectories, context, (encrypt) =>
    runPipeline([...programs, encrypt], artifact, context),
  );
}
