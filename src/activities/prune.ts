import { Context } from '@temporalio/activity';
import { applyBasePrune } from '../catalogue/apply-base-prune.js';
import { applyPrune } from '../catalogue/apply-prune.js';
import { pruneRules } from '../config/retention.js';
import { previewPrune } from '../catalogue/preview-prune.js';
import { resolveConnection } from '../config/connections.js';
import { resolveServer } from '../config/resolve.js';
import type { PruneBackupsArgument } from '../model/arguments.js';
import type { PruneResult, RetentionDecision } from '../model/results.js';
import { configuredDatabases } from '../postgres/configured-databases.js';
import type { Dependencies } from './dependencies.js';
import { pruneReplicas } from './prune-replicas.js';
import { findReaders } from './find-readers.js';
import { runStep } from './run-step.js';

const STALL_SECONDS = 300;
/** Decisions in the result, which Temporal stores; the CLI's `prune --dry-run` shows all of them. */
const DECISIONS_SHOWN = 20;

/** Decides what goes and, unless it is a dry run, deletes it. Begun again after a crash it ends in the same state. */
export async function prune(
  dependencies: Dependencies,
  argument: PruneBackupsArgument,
): Promise<PruneResult> {
  const { configuration, environment, logger } = dependencies;
  return runStep(logger, { stallSeconds: STALL_SECONDS }, async ({ signal, onProgress }) => {
    const server = resolveServer(configuration, argument.server);
    const [primary] = dependencies.stores;
    const request = {
      server: server.name,
      ...pruneRules(configuration, server.name),
      readers: await findReaders(dependencies.temporal, server.name),
      configuredDatabases: await configuredDatabases(
        server,
        () => resolveConnection(server, environment.passFile),
        signal,
      ),
    };
    const { plan, basePlan, preview } = await previewPrune(primary, request, signal);
    if (argument.dryRun) return { ...preview, decisions: showFirst(preview.decisions) };
    await writeDownDeletions(dependencies, server.name, preview.decisions, {
      leftovers: plan.orphans.length + basePlan.orphans.length,
      wal: basePlan.wal.length,
    });
    let changes = 0;
    const context = { signal, onProgress: () => onProgress(++changes) };
    const counts = await applyPrune(primary, plan, context);
    const baseCounts = await applyBasePrune(primary, basePlan, context);
    const replicas = await pruneReplicas(dependencies, request, context);
    const refused = new Map([...counts.refused, ...baseCounts.refused]);
    for (const [backupId, rule] of refused) logger.warn({ backupId, rule }, 'not deleted');
    const decisions = preview.decisions.map((decision) => {
      const rule = decision.keep ? undefined : refused.get(decision.backupId);
      return rule === undefined ? decision : { ...decision, keep: true, rules: [rule] };
    });
    return {
      ...preview,
      dryRun: false,
      kept: preview.kept + refused.size,
      deleted: counts.deleted + baseCounts.deleted,
      orphansSwept: counts.orphansSwept + baseCounts.orphansSwept,
      walDeleted: baseCounts.walDeleted,
      ...replicas,
      decisions: showFirst(decisions),
    };
  });
}

const showFirst = (decisions: RetentionDecision[]) =>
  decisions.toSorted((a, b) => Number(a.keep) - Number(b.keep)).slice(0, DECISIONS_SHOWN);

/** Before anything goes: whatever becomes of this worker, it is known what it was about to delete. */
async function writeDownDeletions(
  { audit }: Dependencies,
  server: string,
  decisions: readonly RetentionDecision[],
  others: { leftovers: number; wal: number },
): Promise<void> {
  const deleted = decisions.filter(({ keep }) => !keep).map(({ backupId }) => backupId);
  if (deleted.length + others.leftovers + others.wal === 0) return;
  const { workflowId, runId } = Context.current().info.workflowExecution!;
  await audit.append({
    ...{ action: 'prune', outcome: 'begun', time: new Date().toISOString() },
    ...{ server, workflowId, runId, facts: { backups: deleted.join(', '), ...others } },
  });
}
