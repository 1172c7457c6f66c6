import { expect, it } from 'vitest';
import { toApplicationFailure } from '../../src/activities/to-application-failure.js';
import { OperationError } from '../../src/model/failures.js';
import { rememberSecret } from '../../src/observability/redaction.js';

it('keeps type and message, and marks what cannot get better', () => {
  const denied = toApplicationFailure(new OperationError('PermissionDenied', 'No right; grant it.'));
  expect(denied).toMatchObject({
    type: 'PermissionDenied',
    message: 'No right; grant it.',
    nonRetryable: true,
  });
  const locked = toApplicationFailure(new OperationError('LockTimeout', 'Locked; wait.'));
  expect(locked).toMatchObject({ type: 'LockTimeout', nonRetryable: false });
});

it.each(['ENOSPC', 'EDQUOT'])('takes %s for a full staging volume, and asks for a longer wait', (code) => {
  const error = Object.assign(new Error(`${code}: no space left on device, write`), { code });
  const failure = toApplicationFailure(error);
  expect(failure).toMatchObject({ type: 'StagingFull', nonRetryable: false, nextRetryDelay: '30 seconds' });
});

it('says of anything else what it says, with where to look', () => {
  expect(toApplicationFailure(new TypeError('x is undefined'))).toMatchObject({
    type: 'Unexpected',
    message: 'x is undefined; see the worker log.',
    nonRetryable: false,
  });
  expect(toApplicationFailure('thrown text').message).toBe('thrown text; see the worker log.');
});

it('passes on no secret, no cause and no novel', () => {
  rememberSecret('s3cr3t-value');
  const cause = new Error('s3cr3t-value');
  const failure = toApplicationFailure(
    new OperationError('ProgramFailed', `s3cr3t-value ${'x'.repeat(10_000)}`, { cause }),
  );
  expect(failure.message).not.toContain('s3cr3t');
  expect(failure.message.length).toBe(2000);
  expect(failure.cause).toBeUndefined();
});
