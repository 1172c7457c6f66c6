import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RestoreMeans } from '../../restores/restore-backup.js';
import type { Context, ExitCode } from '../context.js';
import { openSource, type Source } from './open-source.js';
import type { RestoreOptions } from './options.js';
import { resolveMeans } from './resolve-means.js';
import { resolveTarget, type ResolvedTarget } from './resolve-target.js';
import { untilInterrupted } from './until-interrupted.js';
import { withWorkDirectory } from './work-directory.js';

/** All that a restore without Temporal works with. */
export interface Rescue {
  source: Source;
  target: ResolvedTarget;
  means: RestoreMeans;
  /** Where each restore has a directory of its own, by the backup's id; what was downloaded stays there when it fails. */
  directory: string;
  /** For everything else that is made meanwhile, and must not stay: keyrings, roles with their password hashes. */
  scratch: string;
  signal: AbortSignal;
}

/** Opens what the options and the configuration name, and lends it to `use` until that ends or is ended by Ctrl-C. */
export async function withRescue(
  context: Context,
  options: RestoreOptions,
  use: (rescue: Rescue) => Promise<ExitCode>,
): Promise<ExitCode> {
  return untilInterrupted((signal) =>
    withWorkDirectory(options.directory, async (directory) => {
      const source = await openSource(context, options, signal);
      const target = await resolveTarget(context, source, options);
      const means = await resolveMeans(context, source, options);
      return withScratch(join(directory, 'scratch'), (scratch) =>
        use({ source, target, means, directory, scratch, signal }),
      );
    }),
  );
}

/** An empty directory while `use` works; what an earlier rescue that was killed has left in it is removed. */
async function withScratch<T>(scratch: string, use: (scratch: string) => Promise<T>): Promise<T> {
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { mode: 0o700 });
  try {
    return await use(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
