import type { Client } from '@temporalio/client';
import type { VerifyResult } from '../model/findings.js';
import type { ServerRecoveryResult } from '../model/cutover.js';
import type { DisasterDrillResult } from '../model/disaster-drill.js';
import type { DrillResult } from '../model/drill.js';
import type { RecoveryResult } from '../model/recovery.js';
import type { ReplicationResult } from '../model/replication.js';
import type { RestoreResult } from '../model/restore.js';
import type { BackupResult, BackupsResult, BaseBackupResult, PruneResult } from '../model/results.js';
import type { Context, ExitCode } from './context.js';
import { adviseOn, follow, type Run } from './follow.js';
import { printJson, say } from './output.js';
import { reportBaseBackup } from './report-base-backup.js';
import { asRunResult, reportBackups, resultInFailure } from './report-backups.js';
import { disasterDrillInFailure, reportDisasterDrill } from './report-disaster-drill.js';
import { drillInFailure, reportDrill } from './report-drill.js';
import { reportFindings } from './report-findings.js';
import { reportPrune } from './report-prune.js';
import { reportRecovery, reportServerRecovery } from './report-recovery.js';
import { reportReplication } from './report-replication.js';
import { reportRestore } from './report-restore.js';

/** Follows a run of any of our workflows and prints what came of it. */
export async function followToReport(
  client: Client,
  run: Run,
  { json }: Pick<Context, 'json'>,
): Promise<ExitCode> {
  try {
    const followed = await follow<unknown>(client, run);
    if (followed.state === 'detached') {
      say(adviseOn(run));
      return 130;
    }
    return reportResult(run.type, followed.result, json);
  } catch (error) {
    const played = disasterDrillInFailure(error);
    if (played) return reportDisasterDrill(played, { json });
    const drilled = drillInFailure(error);
    if (drilled) return reportDrill(drilled, { json });
    const result = resultInFailure(error);
    if (result) return reportBackups(result, { json });
    throw error;
  }
}

/** Says how to find a run that is not followed. */
export function reportDetached(run: Run, { json }: Pick<Context, 'json'>): ExitCode {
  if (json) printJson(run);
  say(adviseOn(run));
  return 0;
}

function reportResult(type: string, result: unknown, json: boolean): ExitCode {
  switch (type) {
    case 'backupDatabases':
      return reportBackups(result as BackupsResult, { json });
    case 'backupDatabase':
    case 'backupGlobals':
      return reportBackups(asRunResult(result as BackupResult), { json });
    case 'backupCluster':
      return reportBaseBackup(result as BaseBackupResult, { json });
    case 'pruneBackups':
      return reportPrune(result as PruneResult, { json });
    case 'drillRestore':
      return reportDrill(result as DrillResult, { json });
    case 'recoverToPointInTime':
      return reportRecovery(result as RecoveryResult, { json });
    case 'recoverServer':
      return reportServerRecovery(result as ServerRecoveryResult, { json });
    case 'drillDisasterRecovery':
      return reportDisasterDrill(result as DisasterDrillResult, { json });
    case 'replicate':
      return reportReplication(result as ReplicationResult, { json });
    case 'verifyBackups':
      return reportFindings(result as VerifyResult, { json });
    case 'restoreDatabase':
      return reportRestore(result as RestoreResult, { json });
    default:
      printJson(result);
      return 0;
  }
}
