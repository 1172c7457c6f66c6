import { compareInventories } from '../model/compare-inventories.js';
import { OperationError } from '../model/failures.js';
import type { DatabaseManifest } from '../model/manifest.js';
import { takeInventory } from '../postgres/take-inventory.js';
import { onScratchServer, type RungAnswer, type RungContext, type Scratch } from './scratch-step.js';

/** Differences in a failure's message. */
const SHOWN = 5;

/**
 * The rung `inventory`: dumps what was restored, and compares it with what the manifest counts.
 *
 * @param directory - the step's own; it needs as much space as the backup's dump
 * @throws OperationError `InventoryMismatch` naming what differs
 */
export async function climbInventory(
  scratch: Scratch,
  { database, inventory: expected }: DatabaseManifest,
  directory: string,
  context: RungContext,
): Promise<RungAnswer> {
  return onScratchServer(scratch, context, async (server, inner) => {
    const { inventory, rearranged } = await takeInventory(server, database, directory, scratch, inner);
    const { differences, notes } = compareInventories(expected, inventory, { rearranged });
    if (differences.length > 0)
      throw new OperationError(
        'InventoryMismatch',
        `What "${database}" holds once it is restored is not what its manifest says (${describe(differences)}); make a new backup, and find out what changed this one.`,
      );
    return { outcome: 'passed', said: notes };
  });
}

function describe(differences: readonly string[]): string {
  const more = differences.length - SHOWN;
  return differences.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
