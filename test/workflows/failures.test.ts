import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { expect, it } from 'vitest';
import { OperationError } from '../../src/model/failures.js';
import { fail, isWorthBeginningAnew, rootFailure } from '../../src/workflows/failures.js';

const ofActivity = (cause: Error, type = 'dump') =>
  new ActivityFailure('failed', type, '1', RetryState.NON_RETRYABLE_FAILURE, 'worker', cause);
const ofChild = (cause: Error) =>
  new ChildWorkflowFailure(
    'default',
    { workflowId: 'w' },
    'backupDatabase',
    RetryState.NON_RETRYABLE_FAILURE,
    cause,
  );
const application = ApplicationFailure.create({ type: 'LockTimeout', message: 'locked' });
const timeout = (type: 'SCHEDULE_TO_START' | 'HEARTBEAT') => new TimeoutFailure('timed out', undefined, type);

it('is what an activity ended with, below all envelopes', () => {
  const expected = { type: 'LockTimeout', message: 'locked' };
  expect(rootFailure(application)).toEqual(expected);
  expect(rootFailure(ofActivity(application))).toEqual(expected);
  expect(rootFailure(ofChild(ofActivity(application)))).toEqual(expected);
  expect(rootFailure(new OperationError('LockTimeout', 'locked'))).toEqual(expected);
});

it('is of a step whose worker went away that it stalled', () => {
  expect(rootFailure(ofActivity(timeout('HEARTBEAT'), 'upload'))).toEqual({
    type: 'Stalled',
    message:
      'upload was given up (HEARTBEAT): its worker went away or it took too long; check the worker and start again.',
  });
  expect(rootFailure(ofChild(ofActivity(timeout('HEARTBEAT'), 'upload'))).message).toMatch(
    /^upload was given up/,
  );
  expect(rootFailure(ofChild(timeout('HEARTBEAT'))).type).toBe('Stalled');
});

it('is a cancellation as one', () => {
  const cancelled = { type: 'Cancelled', message: 'It was cancelled.' };
  expect(rootFailure(new CancelledFailure('x'))).toEqual(cancelled);
  expect(rootFailure(ofChild(ofActivity(new CancelledFailure('x'))))).toEqual(cancelled);
});

it('is anything else as it says itself', () => {
  expect(rootFailure(ofChild(new TerminatedFailure('terminated')))).toEqual({
    type: 'Unexpected',
    message: 'terminated',
  });
  expect(rootFailure('thrown text')).toEqual({ type: 'Unexpected', message: 'thrown text' });
});

it('is worth a new beginning when staging is served by nobody or was emptied, or the artifact is damaged', () => {
  expect(isWorthBeginningAnew(ofActivity(timeout('SCHEDULE_TO_START')))).toBe(true);
  expect(isWorthBeginningAnew(ofActivity(ApplicationFailure.create({ type: 'StagingLost' })))).toBe(true);
  expect(isWorthBeginningAnew(ofActivity(ApplicationFailure.create({ type: 'ArtifactDamaged' })))).toBe(true);
  expect(isWorthBeginningAnew(ofActivity(timeout('HEARTBEAT')))).toBe(false);
  expect(isWorthBeginningAnew(ofActivity(application))).toBe(false);
  expect(isWorthBeginningAnew(new Error('other'))).toBe(false);
});

it('that is made is retried by nothing', () => {
  expect(fail('AlreadyRunning', 'busy', { a: 1 })).toMatchObject({
    type: 'AlreadyRunning',
    message: 'busy',
    nonRetryable: true,
    details: [{ a: 1 }],
  });
  expect(fail('AlreadyRunning', 'busy').details).toBeFalsy();
});
