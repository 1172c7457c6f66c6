import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import { RESTORE_QUEUE } from '../model/queues.js';
import type { WalPlan } from '../model/wal-plan.js';

/**
 * How long each class of step may take, how soon its worker is missed, and how often it is tried. Whether a failure is
 * worth another try is decided by its type (model/failures.ts), never here.
 */

/** A cancelled step has ended its children and said so before its workflow goes on. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/**
 * How long a staging queue may go unserved, while its worker restarts, before the database is begun on another host: so
 * many heartbeat timeouts (3 minutes with the default of 30 s).
 */
const STAGING_QUEUE_PATIENCE = 6;

/** Decisions and messages: short, on any backup worker. */
export const lightStep: ActivityOptions = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '30 seconds',
  retry: {
    initialInterval: '2 seconds',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 5,
  },
  cancellationType,
};

/** Waiting for staging space: as long as the databases in flight may take to free it. */
export const reserveStep: ActivityOptions = {
  ...lightStep,
  scheduleToCloseTimeout: '12 hours',
  retry: { initialInterval: '10 seconds', backoffCoefficient: 1 },
};

/** What restore workers decide and do without files: they alone have the private keys and reach every target. */
export const restoreLightStep: ActivityOptions = { ...lightStep, taskQueue: RESTORE_QUEUE };

/** What a restore or drill does first: where no restore worker begins it in a time that a restart takes, there is none. */
export const restorePlanStep: ActivityOptions = { ...restoreLightStep, scheduleToStartTimeout: '2 minutes' };

/** What a recovery does first: it reads WAL to find where its target lies, and waits for what a live server has just written. */
export const recoveryPlanStep: ActivityOptions = { ...restorePlanStep, startToCloseTimeout: '4 hours' };

/** As {@link reserveStep}, on a restore worker's volume. */
export const reserveRestoreStep: ActivityOptions = { ...reserveStep, taskQueue: RESTORE_QUEUE };

/** Asking the approval service: about a quarter of an hour of trying, for whoever waits at three in the morning. */
export const approvalStep: ActivityOptions = {
  ...restoreLightStep,
  startToCloseTimeout: '1 minute',
  retry: {
    initialInterval: '2 seconds',
    backoffCoefficient: 2,
    maximumInterval: '2 minutes',
    maximumAttempts: 12,
  },
};

/**
 * Archiving WAL for a day, on the volume with its spool. A worker that restarts, or a Temporal server that was down, costs an
 * attempt; a host that is gone is left for another one, as {@link stagingSteps} does.
 */
export function archiveStep({ queue, heartbeatSeconds }: WalPlan): ActivityOptions {
  return {
    taskQueue: queue,
    scheduleToStartTimeout: STAGING_QUEUE_PATIENCE * heartbeatSeconds * 1000,
    startToCloseTimeout: '25 hours',
    heartbeatTimeout: heartbeatSeconds * 1000,
    retry: {
      initialInterval: '1 second',
      backoffCoefficient: 2,
      maximumInterval: '1 minute',
      maximumAttempts: 20,
    },
    cancellationType,
  };
}

/** Deleting and listing in a store: short requests, many of them. */
export const storeStep: ActivityOptions = {
  ...lightStep,
  startToCloseTimeout: '2 hours',
  retry: {
    initialInterval: '5 seconds',
    backoffCoefficient: 2,
    maximumInterval: '2 minutes',
    maximumAttempts: 8,
  },
};

/** Copying from store to store, on any backup worker: as long as it takes; the workflow has a patience of its own. */
export const copyStep: ActivityOptions = { ...storeStep, startToCloseTimeout: '1 day' };

/** Reading a day's share of the stores: it ends by itself after four hours, and goes on where a worker that died stopped. */
export const readBackStep: ActivityOptions = { ...storeStep, startToCloseTimeout: '6 hours' };

/** Waiting for what another workflow brings into the store; it has a patience of its own. */
export const awaitStep: ActivityOptions = { ...storeStep, startToCloseTimeout: '12 hours' };

/** A step that puts a recovered server in the place of the lost one: a command or a webhook of the operator's. */
export const cutoverStep: ActivityOptions = {
  ...restoreLightStep,
  startToCloseTimeout: '1 hour',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumAttempts: 3 },
};

/** A message to people: what broke the backup may well have broken their channel too, and last until the morning. */
export const notifyStep: ActivityOptions = {
  ...lightStep,
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
};

/** A sign of life to a watcher outside, who wants it when it is due or not at all. */
export const heartbeatStep: ActivityOptions = { ...notifyStep, scheduleToCloseTimeout: '1 hour' };

/**
 * Steps on files of one staging volume, on the queue that its worker serves.
 *
 * @param heartbeatSeconds - how soon a worker that died is noticed
 */
export function stagingSteps(queue: string, heartbeatSeconds: number) {
  const common = {
    taskQueue: queue,
    scheduleToStartTimeout: STAGING_QUEUE_PATIENCE * heartbeatSeconds * 1000,
    heartbeatTimeout: heartbeatSeconds * 1000,
    cancellationType,
  } satisfies ActivityOptions;
  return {
    /** pg_dump, the compressor, gpg: bound by the size of the database; a third failure is no accident. */
    program: {
      ...common,
      startToCloseTimeout: '12 hours',
      retry: { initialInterval: '10 seconds', backoffCoefficient: 3, maximumAttempts: 4 },
    },
    /** Sending, and reading back what was sent: the network comes and goes. About an hour of trying. */
    transfer: {
      ...common,
      startToCloseTimeout: '12 hours',
      retry: {
        initialInterval: '5 seconds',
        backoffCoefficient: 2,
        maximumInterval: '5 minutes',
        maximumAttempts: 18,
      },
    },
    /** Copying to replicas what the primary has: a worker that died is worth another try, a replica that is down is not. */
    copyOnce: {
      ...common,
      retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: 3 },
    },
    /** Writing the manifest, cleaning up. */
    short: {
      ...common,
      startToCloseTimeout: '30 minutes',
      retry: {
        initialInterval: '2 seconds',
        backoffCoefficient: 2,
        maximumInterval: '1 minute',
        maximumAttempts: 10,
      },
    },
  } satisfies Record<string, ActivityOptions>;
}
