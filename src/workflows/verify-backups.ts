import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import { parseArgument, verifyBackupsArgument, type VerifyBackupsArgument } from '../model/arguments.js';
import type { VerifyResult } from '../model/findings.js';
import { storeStep } from './activity-options.js';
import { endInTime } from './end-in-time.js';
import { fail } from './failures.js';
import { runToOutcome, tell } from './run-to-outcome.js';

const { verifyWal } = proxyActivities<Activities>(storeStep);

/** Looks for what is wrong with the backups, and tells people of what is critical. */
export async function verifyBackups(input: VerifyBackupsArgument): Promise<VerifyResult> {
  return runToOutcome(
    () => 'Verifying the backups',
    () => undefined,
    async () => {
      const argument = parseArgument('verifyBackups', verifyBackupsArgument, input);
      const end = await endInTime(() => verifyWal(argument));
      if ('givenUp' in end) throw fail('Stalled', end.givenUp);
      const { server, critical, findings } = end.result;
      const [first] = findings;
      if (critical > 0 && first)
        await tell({
          type: 'verify.failed',
          what: `The backups of server ${server}: ${critical} critical findings`,
          failure: { type: 'WalMissing', message: `${first.what} To do: ${first.remedy}.` },
          details: findings.map(({ severity, what }) => `${severity}: ${what}`),
        });
      return end.result;
    },
  );
}
