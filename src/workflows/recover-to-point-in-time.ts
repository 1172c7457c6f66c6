import { setHandler } from '@temporalio/workflow';
import {
  parseArgument,
  recoverToPointInTimeArgument,
  type RecoverToPointInTimeArgument,
} from '../model/arguments.js';
import type { RecoveryProgress, RecoveryResult } from '../model/recovery.js';
import { recoveryProgressQuery } from './queries.js';
import { recover } from './recover.js';
import { runToOutcome } from './run-to-outcome.js';

/**
 * Brings back a server as it was at a moment: whole, as a data directory, or one database of it, beside the live one or,
 * once people have agreed, in its place. A dry run answers with the plan.
 */
export async function recoverToPointInTime(input: RecoverToPointInTimeArgument): Promise<RecoveryResult> {
  const progress: RecoveryProgress = { step: 'planning', bytesExpected: 0 };
  setHandler(recoveryProgressQuery, () => progress);
  return runToOutcome(
    () => `The recovery of ${progress.backupId ?? JSON.stringify(input)}`,
    (end) => (progress.step = end),
    () => {
      const argument = parseArgument('recoverToPointInTime', recoverToPointInTimeArgument, input);
      return recover(argument, progress);
    },
  );
}
