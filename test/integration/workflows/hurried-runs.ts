import { workflowInfo, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** What the id of a hurried run begins with. */
export const HURRIED = 'hurried/';

/**
 * Lets a hurried run wait but a second where it waits a limited time for somebody who serves a queue: the time-skipping
 * server's clock does not jump over that.
 */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity(input, next) {
        const isLimited = input.options.scheduleToStartTimeout !== undefined;
        return workflowInfo().workflowId.startsWith(HURRIED) && isLimited
          ? next({ ...input, options: { ...input.options, scheduleToStartTimeout: '1 second' } })
          : next(input);
      },
    },
  ],
});
