import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startingWith } from '../../catalogue/read-from-stores.js';
import { OperationError } from '../../model/failures.js';
import type { DatabaseManifest } from '../../model/manifest.js';
import type { RecoveryPoint } from '../../model/recovery.js';
import { holdRestore } from '../../postgres/hold-restore.js';
import { extractDatabase } from '../../recovery/extract-database.js';
import { handOver, type HandedOver } from '../../recovery/hand-over.js';
import { recoverCluster, type RecoveredServer } from '../../recovery/recover-cluster.js';
import type { ComparedDatabase } from '../../restores/compare-restored.js';
import { restoreUnpacked } from '../../restores/restore-backup.js';
import { inspectTarget, refuseMissingExtensions } from './inspect-target.js';
import type { PlannedRescue, TakenDatabase } from './plan-recovery.js';
import type { RestoresDisplay } from './show-restores.js';
import type { Rescue } from './with-rescue.js';

/** What came of a recovery without Temporal. */
export interface RescuedServer {
  reached: RecoveryPoint;
  notes: string[];
  handedOver?: HandedOver;
  restored?: ComparedDatabase;
}

/**
 * Recovers a server and hands it over, or takes one database out of it and restores that. What was done stays in the
 * plan's directory when it fails, for the next try.
 *
 * @param into - the data directory to make, for a whole server
 * @throws OperationError as each of the steps
 */
export async function runRecovery(
  rescue: Rescue,
  plan: PlannedRescue,
  into: string | undefined,
  display: RestoresDisplay,
): Promise<RescuedServer> {
  const { means, signal, source } = rescue;
  const name = plan.taken?.database ?? source.server;
  const observer = {
    signal,
    onStep: (step: string, bytesExpected: number) => display.begin(name, step, bytesExpected),
    onProgress: (bytesDone: number) => display.advance(name, bytesDone),
  };
  try {
    const stores = startingWith(plan.store, source.stores);
    const recovered = await recoverCluster({ ...plan, stores }, plan.directory, means, observer);
    const { point: reached, notes } = recovered;
    const context = { ...observer, ledger: { directory: join(plan.directory, 'children') } };
    const outcome =
      plan.taken === undefined
        ? { handedOver: await handOver(recovered.cluster, into!, context) }
        : { restored: await restoreTaken(rescue, plan, plan.taken, recovered, context) };
    await rm(plan.directory, { recursive: true, force: true });
    display.end(name, 'restored');
    return { reached, notes, ...outcome };
  } catch (error) {
    display.end(name, 'failed');
    throw error;
  }
}

async function restoreTaken(
  rescue: Rescue,
  { found: { base }, id, directory }: PlannedRescue,
  { database, made, restoreId, replaces }: TakenDatabase,
  { cluster, point }: RecoveredServer,
  context: Parameters<typeof restoreUnpacked>[4],
): Promise<ComparedDatabase> {
  const { means, signal } = rescue;
  const work = join(directory, 'work');
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { mode: 0o700 });
  context.onStep('unpack', 0);
  const extraction = { base, point, database, id };
  const manifest = await extractDatabase(cluster, extraction, work, means, context);
  await requireFit(rescue, manifest);
  const target = { ...rescue.target, database: made, restoreId };
  const restoration = { manifest, target, ...(replaces ? { replaces } : {}) };
  return holdRestore(target, signal, () =>
    restoreUnpacked(restoration, join(work, 'data'), work, means, context),
  );
}

/** What the target must have is known only now, of what is to be restored. */
async function requireFit(rescue: Rescue, manifest: DatabaseManifest): Promise<void> {
  const facts = await inspectTarget(rescue, manifest, []);
  refuseMissingExtensions(rescue, manifest, facts.missingExtensions);
  if (facts.missingRoles.length > 0)
    throw new OperationError(
      'TargetUnfit',
      `Server ${rescue.target.server.name} lacks the roles ${facts.missingRoles.join(', ')} that database "${manifest.database}" needs; create them, then start again with the same --directory.`,
    );
}
