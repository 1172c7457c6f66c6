import { describe, expect, it } from 'vitest';
import { toGcsError } from '../../src/stores/gcs-errors.js';

const store = { name: 'primary', url: 'gs://backups/x' };
const HOUR_MS = 3_600_000;

/** What Google's library throws when its server refuses to give a token. */
function refusedToken(error: string, date: Date): Error {
  const response = { status: 400, data: { error }, headers: { date: date.toUTCString() } };
  return Object.assign(new Error('with-the-token'), {
    name: 'GaxiosError',
    code: '400',
    status: 400,
    response,
  });
}

describe('an error of Google', () => {
  it.each([
    [
      refusedToken('invalid_grant', new Date()),
      'StoreDenied',
      'the credentials are wrong, revoked or expired (invalid_grant, HTTP 400); renew them, and credentialsFile where there is one.',
    ],
    [
      refusedToken('invalid_grant', new Date(Date.now() - HOUR_MS)),
      'StoreDenied',
      "this machine's clock is wrong (invalid_grant, HTTP 400); set it.",
    ],
    [
      new Error('Could not load the default credentials. Browse to https://…'),
      'StoreDenied',
      'there are no credentials (unknown); set credentialsFile, or provide them the way Google\'s clients look for them ("application default credentials").',
    ],
    [
      Object.assign(new Error('with-the-token'), { code: 403, errors: [{ reason: 'forbidden' }] }),
      'StoreDenied',
      'the account may not do this (forbidden, HTTP 403); give it the role Storage Object User (roles/storage.objectUser) on the bucket.',
    ],
    [
      Object.assign(new Error('with-the-token'), {
        code: 403,
        errors: [{ reason: 'retentionPolicyNotMet' }],
      }),
      'StoreDenied',
      'the object is locked or held (retentionPolicyNotMet, HTTP 403); wait for the end of its retention.',
    ],
    [
      Object.assign(new Error('with-the-token'), { code: 503, errors: [{ reason: 'backendError' }] }),
      'StoreUnreachable',
      'it failed (backendError, HTTP 503); see whether it is up and not overloaded.',
    ],
    [
      new DOMException('with-the-token', 'TimeoutError'),
      'StoreUnreachable',
      'it does not answer (TimeoutError); check the network.',
    ],
  ] as [Error, string, string][])('%s is %s', (error, type, said) => {
    const translated = toGcsError(store, error);
    expect(translated).toMatchObject({
      type,
      message: `Store "primary" (gs://backups/x): ${said}`,
    });
    expect(String((translated.cause as Error).stack)).not.toContain('with-the-token');
  });
});
