import {
  parseArgument,
  recoverToPointInTimeArgument,
  type RecoverToPointInTimeArgument,
} from '../model/arguments.js';
import type { RecoveryResult } from '../model/recovery.js';
import { showProgress } from './current-details.js';
import { describeTarget } from '../model/recovery-target.js';
import { recoveryProgressQuery } from './queries.js';
import { recover } from './recover.js';
import { runToOutcome, tellSuccess } from './run-to-outcome.js';

/**
 * Brings back a server as it was at a moment: whole, as a data directory, or one database of it, beside the live one or,
 * once people have agreed, in its place. A dry run answers with the plan.
 */
export async function recoverToPointInTime(input: RecoverToPointInTimeArgument): Promise<RecoveryResult> {
  const progress = showProgress(recoveryProgressQuery, { step: 'planning', bytesExpected: 0 });
  return runToOutcome(
    { what: 'The recovery', input },
    (end) => (progress.step = end),
    async () => {
      const argument = parseArgument('recoverToPointInTime', recoverToPointInTimeArgument, input);
      const result = await recover(argument, progress);
      const { server, target } = result.plan;
      const what = `Server ${server} was recovered to ${describeTarget(target)}`;
      if (!result.dryRun) await tellSuccess({ type: 'recovery.succeeded', server, what });
      return result;
    },
  );
}
