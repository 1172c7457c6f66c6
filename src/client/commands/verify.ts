import { Command } from 'commander';
import { resolveServer } from '../../config/resolve.js';
import type { Configuration } from '../../config/schema.js';
import { parseArgument, verifyBackupsArgument } from '../../model/arguments.js';
import type { VerifyResult } from '../../model/findings.js';
import { parseVerificationReport, type VerificationReport } from '../../model/verification.js';
import { openConfiguredStore, untilDone } from '../configured-server.js';
import { withTemporal } from '../connect.js';
import { action } from '../context.js';
import { adviseOn, follow } from '../follow.js';
import { say } from '../output.js';
import { describeError } from '../report-error.js';
import { reportFindings } from '../report-findings.js';
import { startRun } from '../start-run.js';

export const verify = new Command('verify')
  .description(
    'look for what is wrong: late, missing, damaged or shrunken backups, gaps in the WAL, schedules, keys',
  )
  .option('--server <name>', 'the server in backups.yaml; needed when it has several')
  .option('--no-read-back', 'do not read a day’s share of the stores back whole')
  .addHelpText(
    'after',
    `
Examples:
  temponest-backups verify
  temponest-backups verify --json | jq '.findings[].what'

Every verification leaves a report in the primary store, below verifications/. Channels are told of what is new and of
what is resolved.

Exit codes: 0 nothing critical, 1 something critical, 2 wrong usage or configuration, 130 detached by Ctrl-C.`,
  )
  .action(
    action(async (context, options: { server?: string; readBack: boolean }) => {
      const configuration = await context.loadConfiguration();
      const server = resolveServer(configuration, options.server).name;
      const argument = parseArgument('verifyBackups', verifyBackupsArgument, {
        server,
        ...(options.readBack ? {} : { readBack: false }),
      });
      return withTemporal(context.environment, async (client) => {
        const run = await startRun(client, { verb: 'verify', type: 'verifyBackups', server, argument });
        const followed = await follow<VerifyResult>(client, run);
        if (followed.state === 'detached') {
          say(adviseOn(run));
          return 130;
        }
        const { result } = followed;
        return reportFindings(result, context, await readReport(configuration, result));
      });
    }),
  );

/** The whole report; the result has the beginning of it for whoever cannot read the store from here. */
async function readReport(
  configuration: Configuration,
  { reportKey }: VerifyResult,
): Promise<VerificationReport | undefined> {
  if (reportKey === undefined) return undefined;
  try {
    const store = await openConfiguredStore(configuration);
    const document = await store.getDocument(reportKey, untilDone);
    return document && parseVerificationReport(document.toString(), reportKey);
  } catch (error) {
    say(`The report cannot be read from here: ${describeError(error).message}`);
    return undefined;
  }
}
