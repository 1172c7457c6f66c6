import { readSecret } from '../config/secrets.js';
import type { CutoverFacts } from '../model/cutover.js';
import { OperationError } from '../model/failures.js';
import { postWebhook } from '../observability/webhook.js';
import { runProgram } from '../programs/run-program.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';

/** A command may be silent until the end of what it may take. */
const STALL_SECONDS = 3600;

/** The names of the steps that put a recovered server in the place of the lost one. */
export function listCutoverSteps({ configuration }: Dependencies): Promise<string[]> {
  return Promise.resolve(configuration.restore.cutover.map(({ step }) => step));
}

/**
 * Takes one step of a cutover: runs its command, which is told of the recovered server in its environment, or posts to its
 * webhook. It may be taken again after a failure, so it must bear that.
 *
 * @throws ApplicationFailure `ProgramFailed` or `NotificationFailed`; `InvalidConfiguration` when it is no longer configured
 */
export async function runCutoverStep(dependencies: Dependencies, facts: CutoverFacts): Promise<void> {
  const { configuration, logger } = dependencies;
  await runStep(logger, { stallSeconds: STALL_SECONDS }, async ({ signal }) => {
    const configured = configuration.restore.cutover[facts.index];
    if (configured?.step !== facts.step)
      throw new OperationError(
        'InvalidConfiguration',
        `Step "${facts.step}" is gone from restore.cutover in backups.yaml since; take it by hand.`,
      );
    const { command, webhook } = configured;
    if (command) {
      const [file, ...args] = command;
      const environment = {
        PATH: programDirectories(dependencies).join(':'),
        RECOVERED_SERVER: facts.server,
        ...(facts.directory === undefined ? {} : { RECOVERED_DIRECTORY: facts.directory }),
        ...(facts.intoServer === undefined ? {} : { RECOVERED_INTO_SERVER: facts.intoServer }),
        RECOVERED_TO: facts.recoveredTo,
      };
      await runProgram({ file, args, environment, onLine: () => undefined }, { signal });
      return;
    }
    try {
      const url = webhook!.url ?? (await readSecret(webhook!.urlFile!, 'webhook URL'));
      const { index, ...body } = facts;
      await postWebhook(url, { type: 'recovery.cutover', ...body }, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new OperationError('NotificationFailed', `${(error as Error).message}; take the step by hand.`);
    }
  });
}
