import type { DatabaseManifest } from '../model/manifest.js';
import { compareRestored } from '../restores/compare-restored.js';
import { onScratchServer, type RungAnswer, type RungContext, type Scratch } from './scratch-step.js';

/**
 * The rung `inventory`: dumps what was restored, and compares it with what the manifest counts.
 *
 * @param directory - the step's own; it needs as much space as the backup's dump
 * @throws OperationError `InventoryMismatch` naming what differs
 */
export async function climbInventory(
  scratch: Scratch,
  manifest: DatabaseManifest,
  directory: string,
  context: RungContext,
): Promise<RungAnswer> {
  return onScratchServer(scratch, context, async (server, inner) => {
    const restored = { server, database: manifest.database };
    const { notes } = await compareRestored(restored, manifest, undefined, directory, scratch, inner);
    return { outcome: 'passed', said: notes };
  });
}
