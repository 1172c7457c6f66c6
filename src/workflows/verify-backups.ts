import { isCancellation, log, patched, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { Examination } from '../activities/examine-backups.js';
import { parseArgument, verifyBackupsArgument, type VerifyBackupsArgument } from '../model/arguments.js';
import type { VerifyResult } from '../model/findings.js';
import { plain } from '../model/markdown.js';
import type { VerificationPlan, VerifyProgress } from '../model/verification.js';
import { lightStep, readBackStep, storeStep } from './activity-options.js';
import { showProgress } from './current-details.js';
import { finishInTime } from './end-in-time.js';
import { rootFailure } from './failures.js';
import { verifyProgressQuery } from './queries.js';
import { runToOutcome, tell } from './run-to-outcome.js';
import { showServer } from './search-attributes.js';

const { planVerification } = proxyActivities<Activities>(lightStep);
const { readBackStores } = proxyActivities<Activities>(readBackStep);
const { examineBackups, verifyWal } = proxyActivities<Activities>(storeStep);

/**
 * Looks for what is wrong with the backups of a server: reads a day's share of them back, examines all that they depend on,
 * and tells people of what is new and of what is over, never again of what they know.
 */
export async function verifyBackups(input: VerifyBackupsArgument): Promise<VerifyResult> {
  const progress = showProgress<VerifyProgress>(verifyProgressQuery, { step: 'planning' });
  return runToOutcome(
    { what: 'Verifying the backups', input },
    (outcome) => {
      if (outcome !== 'committed') progress.step = outcome;
    },
    async () => {
      const argument = parseArgument('verifyBackups', verifyBackupsArgument, input);
      if (!patched('verification-report')) return verifyWalAlone(argument);
      const { result, appeared, resolved } = await finishInTime(() => verify(argument, progress));
      await tellOf('finding.new', result.server, appeared, result.appeared ?? 0);
      await tellOf('finding.resolved', result.server, resolved, result.resolved ?? 0);
      progress.step = 'done';
      setCurrentDetails(describeResult(result));
      return result;
    },
  );
}

async function verify(argument: VerifyBackupsArgument, progress: VerifyProgress): Promise<Examination> {
  const plan = await planVerification(argument);
  progress.server = plan.server;
  showServer({ BackupServer: plan.server, BackupKind: 'verify', BackupId: plan.id });
  progress.step = 'readBack';
  await readBack(plan);
  progress.step = 'examine';
  return examineBackups(plan);
}

/** That nothing could be read back is itself a finding: the rest is examined all the same. */
async function readBack({ readBackDays, ...plan }: VerificationPlan): Promise<void> {
  if (readBackDays === undefined) return;
  try {
    await readBackStores({ ...plan, readBackDays });
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('nothing could be read back', rootFailure(error));
  }
}

async function tellOf(
  type: 'finding.new' | 'finding.resolved',
  server: string,
  findings: Examination['appeared'],
  count: number,
): Promise<void> {
  if (count === 0) return;
  const noun = count === 1 ? 'finding' : 'findings';
  await tell(
    {
      type,
      server,
      what:
        type === 'finding.new'
          ? `${count} new ${noun} about the backups of server ${server}`
          : `${count} ${noun} about the backups of server ${server} resolved`,
      findings: findings.map(({ id, severity, what, where, remedy }) => ({
        id,
        severity,
        what,
        where,
        remedy,
      })),
    },
    `/${type}`,
  );
}

const describeResult = ({ server, critical, warnings, findings }: VerifyResult) =>
  [
    `Server **${plain(server)}**: ${critical} critical, ${warnings} warnings.`,
    '',
    ...findings.map(
      ({ severity, what, remedy }) => `- **${severity}**: ${plain(what)} To do: ${plain(remedy)}.`,
    ),
  ].join('\n');

/** What a verification did before it had a report. */
async function verifyWalAlone(argument: VerifyBackupsArgument): Promise<VerifyResult> {
  const result = await finishInTime(() => verifyWal(argument));
  const { server, critical, findings } = result;
  const [first] = findings;
  if (critical > 0 && first)
    await tell({
      type: 'verify.failed',
      what: `The backups of server ${server}: ${critical} critical findings`,
      failure: { type: 'WalMissing', message: `${first.what} To do: ${first.remedy}.` },
      details: findings.map(({ severity, what }) => `${severity}: ${what}`),
    });
  return result;
}
