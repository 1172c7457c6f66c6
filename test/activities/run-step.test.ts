import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { runStep, type Heartbeat } from '../../src/activities/run-step.js';
import { OperationError } from '../../src/model/failures.js';
import { createLogger } from '../../src/observability/logger.js';
import { runProgram } from '../../src/programs/run-program.js';
import { temporalLogger } from '../../src/worker/temporal-logger.js';
import { isAlive } from '../support/is-alive.js';

const logger = createLogger('silent');
const makeEnvironment = () => new MockActivityEnvironment({}, { logger: temporalLogger(logger) });

/** A program that is silent for ever, run as a step. */
function startHungStep(stallSeconds: number) {
  const environment = makeEnvironment();
  let pid = 0;
  let onStarted: () => void;
  const started = new Promise<void>((resolve) => (onStarted = resolve));
  const step = environment.run(() =>
    runStep(logger, { stallSeconds }, ({ signal }) =>
      runProgram(
        { file: '/bin/sleep', args: ['1000'] },
        {
          signal,
          onStart: (id) => {
            pid = id;
            onStarted();
          },
        },
      ),
    ),
  );
  return { environment, step, started, pid: () => pid };
}

test('a program that makes no progress is ended as Stalled, to be tried again', async () => {
  const { step, pid } = startHungStep(1);
  await expect(step).rejects.toBeInstanceOf(ApplicationFailure);
  await expect(step).rejects.toMatchObject({
    type: 'Stalled',
    nonRetryable: false,
    message: expect.stringMatching(/ made no progress for 1 s and was ended; it is tried again\.$/) as string,
  });
  expect(isAlive(pid())).toBe(false);
});

test('a step that makes progress is not stalled, however long it takes, and reports its bytes', async () => {
  const environment = makeEnvironment();
  const heartbeats: Heartbeat[] = [];
  environment.on('heartbeat', (details: Heartbeat) => heartbeats.push(details));
  const result = await environment.run(() =>
    runStep(logger, { bytesExpected: 30, stallSeconds: 1 }, async ({ onProgress, signal }) => {
      for (let bytes = 1; bytes <= 30; bytes += 1) {
        await delay(100, undefined, { signal });
        onProgress(bytes);
      }
      return 'done';
    }),
  );
  expect(result).toBe('done');
  expect(heartbeats.length).toBeGreaterThan(1);
  expect(heartbeats.at(-1)).toMatchObject({ bytesExpected: 30 });
  expect(heartbeats.at(-1)!.bytesDone).toBeGreaterThan(10);
});

test('a step that is at work is not stalled, though it has no bytes to report', async () => {
  const result = await makeEnvironment().run(() =>
    runStep(logger, { stallSeconds: 1 }, async ({ onAlive, signal }) => {
      for (let n = 0; n < 30; n += 1) {
        await delay(100, undefined, { signal });
        onAlive();
      }
      return 'done';
    }),
  );
  expect(result).toBe('done');
});

test('a cancelled step ends its program and is a cancellation to the workflow', async () => {
  const { environment, step, started, pid } = startHungStep(100);
  await started;
  environment.cancel();
  await expect(step).rejects.toBeInstanceOf(CancelledFailure);
  expect(isAlive(pid())).toBe(false);
});

test.each([
  [new OperationError('StoreDenied', 'No.'), { type: 'StoreDenied', nonRetryable: true, message: 'No.' }],
  [new OperationError('StoreUnreachable', 'Not now.'), { type: 'StoreUnreachable', nonRetryable: false }],
  [
    Object.assign(new Error('write failed'), { code: 'ENOSPC' }),
    { type: 'StagingFull', nonRetryable: false, nextRetryDelay: '30 seconds' },
  ],
  [new Error('what is this'), { type: 'Unexpected', message: 'what is this; see the worker log.' }],
])('a failure is classified: %s', async (error, expected) => {
  const step = makeEnvironment().run(() =>
    runStep(logger, { stallSeconds: 100 }, () => Promise.reject(error)),
  );
  await expect(step).rejects.toMatchObject(expected);
});
