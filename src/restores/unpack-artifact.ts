import { join } from 'node:path';
import type { DecryptOptions } from '../archive/decrypt.js';
import { unpack } from '../archive/unpack.js';
import type { Manifest } from '../model/manifest.js';
import { GLOBALS_FILE } from '../postgres/dump-globals.js';
import type { ProgramContext } from '../programs/run-program.js';
import { checkUnpacked } from './check-unpacked.js';

/**
 * Unpacks a backup's artifact into `directory` (made here): a dump for `pg_restore`, or `globals.sql`.
 *
 * @param file - the downloaded artifact
 * @param context - `onProgress` gets the bytes of the artifact that were read
 * @throws OperationError as {@link unpack}, and `ArtifactDamaged` when it holds something else than the manifest says
 */
export async function unpackArtifact(
  manifest: Manifest,
  file: string,
  directory: string,
  options: DecryptOptions,
  context: ProgramContext & { onProgress: (bytes: number) => void },
): Promise<void> {
  const { artifact } = manifest;
  if (manifest.kind === 'globals') {
    await unpack(artifact, file, { file: join(directory, GLOBALS_FILE) }, options, context);
  } else {
    await unpack(artifact, file, { directory }, options, context);
    await checkUnpacked(manifest, directory);
  }
}
