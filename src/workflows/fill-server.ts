import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { CarriedDatabase, RecoveryPlan, RecoveryProgress, RecoveryResult } from '../model/recovery.js';
import { restoreLightStep } from './activity-options.js';
import type { Recovered } from './make-recovery.js';
import { refuseUnfit } from './refuse-unfit.js';
import { tidy } from './tidy.js';

const { completeServer, discardServer } = proxyActivities<Activities>(restoreLightStep);

/**
 * Carries all roles and databases of a recovered server into an empty one, each database compared row for row. They are
 * completed together in the end: a recovery that fails or is cancelled before that leaves the server as it was.
 *
 * @param plan - as it was begun
 * @param progress - kept up to date for the query
 */
export async function fillServer(
  plan: RecoveryPlan,
  into: string,
  { reached, program, time }: Omit<Recovered, 'begun'>,
  progress: RecoveryProgress,
): Promise<Pick<RecoveryResult, 'filled'>> {
  let databases: CarriedDatabase[] = [];
  let isDone = false;
  try {
    databases = await time('outline', 0, () => program.outlineServer(plan));
    await time('roles', 0, () => program.createServerRoles(plan));
    const filled = { tables: 0, rows: 0, bytes: 0, notes: [] as string[] };
    for (const one of databases) {
      progress.database = one.database;
      const restore = await time('extract', 0, () => program.extractOfServer(plan, reached, one));
      refuseUnfit(restore);
      const { dumpBytes } = restore.backup;
      await time('restore', dumpBytes, () => program.restore(restore));
      const { tables, rows, bytes, notes } = await time('compare', dumpBytes, () => program.compare(restore));
      filled.tables += tables;
      filled.rows += rows;
      filled.bytes += bytes;
      filled.notes.push(...notes.map((note) => `${one.database}: ${note}`));
    }
    // Not to be left half-way.
    const roles = await CancellationScope.nonCancellable(() =>
      time('complete', 0, () => completeServer(plan, databases)),
    );
    isDone = true;
    return {
      filled: { server: into, roles, databases: databases.map(({ database }) => database), ...filled },
    };
  } finally {
    if (!isDone)
      await CancellationScope.nonCancellable(() =>
        tidy('what it made in the server', () => discardServer(plan, databases)),
      );
  }
}
