import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { encodeName } from '../model/names.js';
import { MAIN_QUEUE } from '../model/queues.js';
import type { Run } from './follow.js';

/**
 * Starts one of our workflows under an id of its own, with who asked for it in its memo.
 *
 * @param verb - what it does, for the id: `temponest-backups/<verb>/<server>/<time>-<random>`
 */
export async function startRun(
  client: Client,
  run: { verb: string; type: string; server: string; argument: object },
): Promise<Run> {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const unique = `${time}-${randomBytes(3).toString('hex')}`;
  const workflowId = `${MAIN_QUEUE}/${run.verb}/${encodeName(run.server)}/${unique}`;
  await client.workflow.start(run.type, {
    workflowId,
    taskQueue: MAIN_QUEUE,
    args: [run.argument],
    memo: { requestedBy: client.options.identity },
  });
  return { workflowId, type: run.type };
}
