import { AggregateAuthenticationError, CredentialUnavailableError } from '@azure/identity';
import { describe, expect, it } from 'vitest';
import { toAzureError } from '../../src/stores/azure-errors.js';

const store = { name: 'primary', url: 'azure://backups/x' };
const address = 'https://account.blob.core.windows.net/backups';

describe('an error of Azure', () => {
  it.each([
    [
      new AggregateAuthenticationError([new CredentialUnavailableError('with-a-secret')], 'with-a-secret'),
      'StoreDenied',
      'there are no credentials (AggregateAuthenticationError); set connectionStringFile or sasTokenFile, or provide them the way the Azure SDK looks for them.',
    ],
    [
      Object.assign(new Error('with-a-secret'), { statusCode: 409, code: 'BlobBeingRehydrated' }),
      'StoreDenied',
      'the object is being rehydrated (BlobBeingRehydrated); wait until it is.',
    ],
    [
      Object.assign(new Error('with-a-secret'), { statusCode: 500, code: 'InternalError' }),
      'StoreUnreachable',
      'it failed (InternalError, HTTP 500); see whether it is up and not overloaded.',
    ],
    [
      Object.assign(new Error('with-a-secret'), { statusCode: 507, code: 'Other' }),
      'StoreFull',
      'it could not do what was asked (Other, HTTP 507); free space in the store, or enlarge it.',
    ],
  ] as [Error, string, string][])('%s is %s', (error, type, said) => {
    const translated = toAzureError(store, error, address);
    expect(translated).toMatchObject({ type, message: `Store "primary" (azure://backups/x): ${said}` });
    expect(String((translated.cause as Error).stack)).not.toContain('with-a-secret');
  });
});
