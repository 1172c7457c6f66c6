import { resolveServer } from '../config/resolve.js';
import type { VerifyBackupsArgument } from '../model/arguments.js';
import { VERIFICATION_NAME } from '../model/keys.js';
import { makeBackupId } from '../model/names.js';
import type { VerificationPlan } from '../model/verification.js';
import type { Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** Decides what a verification is called, and whether it reads back. */
export async function planVerification(
  { configuration, logger }: Dependencies,
  argument: VerifyBackupsArgument,
): Promise<VerificationPlan> {
  return runStep(logger, {}, () => {
    const { name } = resolveServer(configuration, argument.server);
    const now = new Date();
    return Promise.resolve({
      id: makeBackupId(VERIFICATION_NAME, now),
      server: name,
      startedAt: now.toISOString(),
      ...(argument.readBack === false ? {} : { readBackDays: configuration.verify.readBackDays }),
    });
  });
}
