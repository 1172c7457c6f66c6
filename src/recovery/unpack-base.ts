import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { damagedArtifact } from '../archive/damaged.js';
import { withDecryption, type DecryptOptions } from '../archive/decrypt.js';
import { compressorCommand } from '../archive/tar.js';
import { unpack } from '../archive/unpack.js';
import type { BaseManifest } from '../model/base-manifest.js';
import { locateServerPrograms } from '../postgres/locate-client.js';
import { giveToOrdinaryUser } from '../postgres/ordinary-user.js';
import { verifyBaseBackup } from '../postgres/pg-verifybackup.js';
import { locateProgram } from '../programs/locate-program.js';
import { runPipeline, type PipelineProgram } from '../programs/run-pipeline.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';

type Context = ProgramContext & { onProgress: (bytes: number) => void };

/**
 * Unpacks a base backup, or the chain of a full one and the incremental ones after it, into a data directory that a server
 * of its version can recover from, and compares every file with the backup's own manifest.
 *
 * Tablespaces become directories of the data directory, whatever they were on the server: nothing is ever written where
 * they were.
 *
 * @param parts - of the chain, oldest first, each with the file that was downloaded
 * @param dataDirectory - made here
 * @returns what could not be checked, as sentences
 * @throws OperationError `ArtifactDamaged`, `KeyUnusable`, `StagingFull`
 */
export async function unpackBase(
  parts: readonly { manifest: BaseManifest; file: string }[],
  dataDirectory: string,
  options: DecryptOptions,
  context: Context,
): Promise<string[]> {
  const { programDirectories } = options;
  const major = Math.floor(parts.at(-1)!.manifest.serverVersion / 10000);
  const binDirectory = await locateServerPrograms(major, programDirectories, context.signal);
  const isWhole = parts.length === 1;
  const directories = parts.map(({ manifest }) =>
    isWhole ? dataDirectory : `${dataDirectory}.${manifest.id}`,
  );
  const notes: string[] = [];
  for (const [index, { manifest, file }] of parts.entries()) {
    const directory = directories[index]!;
    await mkdir(directory, { mode: 0o700 });
    if (manifest.layout === 'stream') await unpack(manifest.artifact, file, { directory }, options, context);
    else await unpackFiles(manifest, file, directory, options, context);
    if (!(await verifyBaseBackup(join(binDirectory, 'pg_verifybackup'), directory, context)))
      notes.push(`The files of ${manifest.id} were not compared one by one: pg_verifybackup crashed.`);
    // It would have the server look for the tablespaces where they were.
    await rm(join(directory, 'tablespace_map'), { force: true });
    // A standby's: it would wait for more of the log where that ends, and for ever.
    await rm(join(directory, 'standby.signal'), { force: true });
  }
  if (!isWhole) {
    const combine = {
      file: join(binDirectory, 'pg_combinebackup'),
      args: [...directories, `--output=${dataDirectory}`],
    };
    await runProgram({ ...combine, args: ['--no-sync', ...combine.args] }, context);
    for (const directory of directories) await rm(directory, { recursive: true });
  }
  await chmod(dataDirectory, 0o700);
  await giveToOrdinaryUser(dataDirectory, context);
  return notes;
}

/** A tar of `base.tar` and `<oid>.tar` of each tablespace, each compressed, and `backup_manifest`. */
async function unpackFiles(
  { artifact, tablespaces }: BaseManifest,
  file: string,
  directory: string,
  options: DecryptOptions,
  context: Context,
): Promise<void> {
  const files = `${directory}.files`;
  await mkdir(files, { mode: 0o700 });
  const tar = await locateProgram('tar', options.programDirectories);
  const extract = (into: string): PipelineProgram => ({
    file: tar,
    args: ['--extract', '--no-same-owner', '--no-same-permissions', '--file=-', `--directory=${into}`],
    findFault: (said, hasFailed) =>
      hasFailed
        ? damagedArtifact(artifact, 'holds an archive that cannot be read to its end', said)
        : undefined,
  });
  if (artifact.encryption.method === 'none') {
    const { args } = extract(files);
    await runProgram(
      { file: tar, args: args.map((arg) => (arg === '--file=-' ? `--file=${file}` : arg)) },
      context,
    );
  } else
    await withDecryption(artifact, file, options, context, (decrypt) =>
      runPipeline([decrypt, extract(files)], undefined, context),
    );

  const [decompressor] = await compressorCommand(
    { method: artifact.codec, level: 1 },
    options.programDirectories,
  );
  const names = await readdir(files);
  const extractOne = async (name: string, into: string) => {
    const packed = names.find((candidate) => candidate.startsWith(`${name}.tar`));
    if (packed === undefined) throw damagedArtifact(artifact, `does not hold ${name}.tar`);
    const decompress = {
      file: decompressor!,
      args: ['--decompress', '--stdout', '--', join(files, packed)],
    };
    await runPipeline([decompress, extract(into)], undefined, context);
    await rm(join(files, packed));
  };
  await extractOne('base', directory);
  for (const { oid } of tablespaces) {
    const place = join(directory, 'pg_tblspc', oid);
    // A link to where it was, of which nothing may be touched.
    await rm(place, { force: true });
    await mkdir(place, { mode: 0o700 });
    await extractOne(oid, place);
  }

  await rename(join(files, 'backup_manifest'), join(directory, 'backup_manifest'));
  await rm(files, { recursive: true });
}
