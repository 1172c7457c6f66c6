import { join } from 'node:path';
import type { GlobalsManifest } from '../model/manifest.js';
import { applyGlobals } from '../postgres/apply-globals.js';
import { GLOBALS_FILE } from '../postgres/dump-globals.js';
import {
  MAINTENANCE_DATABASE,
  onScratchServer,
  type RungAnswer,
  type RungContext,
  type Scratch,
} from './scratch-step.js';

/**
 * The rung `globals`: makes every role, membership and tablespace.
 *
 * @param unpacked - the directory with the unpacked `globals.sql`
 * @param directory - the step's own
 */
export async function climbGlobals(
  scratch: Scratch,
  manifest: GlobalsManifest,
  { unpacked, directory }: { unpacked: string; directory: string },
  context: RungContext,
): Promise<RungAnswer> {
  const file = join(unpacked, GLOBALS_FILE);
  return onScratchServer(scratch, context, async (server, inner) => {
    const { programDirectories } = scratch;
    await applyGlobals(
      server,
      MAINTENANCE_DATABASE,
      { file, directory },
      manifest,
      programDirectories,
      inner,
    );
    return { outcome: 'passed', said: [] };
  });
}
