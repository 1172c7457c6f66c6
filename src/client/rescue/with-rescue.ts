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
  /** Where it works. */
  directory: string;
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
      return use({
        source,
        target: await resolveTarget(context, source, options),
        means: await resolveMeans(context, source, options),
        directory,
        signal,
      });
    }),
  );
}
