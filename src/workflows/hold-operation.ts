import { condition, defineSignal, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { plain } from '../model/markdown.js';

/** Ends a {@link holdOperation}. */
export const releaseSignal = defineSignal('release');

/**
 * Does nothing until it is released. It holds the id under which there is one operation on a database at a time, for a
 * workflow that has another id of its own; that workflow's end, however it comes, ends it too.
 */
export async function holdOperation(): Promise<void> {
  const { parent } = workflowInfo();
  setCurrentDetails(
    `Keeps everything else from this database until workflow **${plain(parent?.workflowId ?? '')}** has ended.`,
  );
  let isReleased = false;
  setHandler(releaseSignal, () => {
    isReleased = true;
  });
  await condition(() => isReleased);
}
