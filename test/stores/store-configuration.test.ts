import { describe, expect, it } from 'vitest';
import { nameOfStore, storeConfiguration } from '../../src/model/store-configuration.js';
import { openStore } from '../../src/stores/open-store.js';

function faultsOf(configuration: unknown): string[] {
  const { error } = storeConfiguration.safeParse(configuration);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('storeConfiguration', () => {
  it('takes a directory and a bucket', () => {
    expect(faultsOf({ url: 'file:///backups' })).toEqual([]);
    expect(
      faultsOf({
        name: 'replica',
        url: 's3://bucket/a/prefix',
        endpoint: 'http://127.0.0.1:9000',
        region: 'eu-west-1',
        storageClass: { backups: 'STANDARD_IA', wal: 'GLACIER_IR' },
        serverSideEncryption: { algorithm: 'aws:kms', kmsKeyId: 'key' },
        accessKeyIdFile: '/run/secrets/id',
        secretAccessKeyFile: '/run/secrets/key',
      }),
    ).toEqual([]);
  });

  it.each([
    [{ url: 'ftp://host/' }, ['url: must be file:///directory or s3://bucket/prefix']],
    [{ url: 'file://backups' }, ['url: must be file:///directory or s3://bucket/prefix']],
    [{ url: 'file:///b', endpoint: 'http://x' }, ['endpoint: is only for a store with an s3:// URL']],
    [{ url: 's3://b', accessKeyIdFile: '/a' }, ['secretAccessKeyFile: is needed beside accessKeyIdFile']],
    [{ url: 's3://b', endpoint: 'minio:9000' }, ['endpoint: must be an http:// or https:// URL']],
  ])('refuses %j', (configuration, faults) => {
    expect(faultsOf(configuration)).toEqual(faults);
  });
});

describe('nameOfStore', () => {
  it.each([
    [{ url: 'file:///backups' }, 'file'],
    [{ url: 's3://bucket/prefix' }, 's3-bucket'],
    [{ url: 's3://bucket', name: 'primary' }, 'primary'],
  ])('of %j is %s', (configuration, name) => {
    expect(nameOfStore(configuration)).toBe(name);
  });
});

describe('openStore', () => {
  it.each([
    ['file:///var/my%20backups', 'file:///var/my%20backups'],
    ['s3://bucket', 's3://bucket/'],
    ['s3://bucket/', 's3://bucket/'],
    ['s3://bucket/a/b/', 's3://bucket/a/b'],
  ])('opens %s', (url, opened) => {
    expect(openStore({ url }).url).toBe(opened);
  });

  it('names the known kinds when it does not know the one asked for', () => {
    expect(() => openStore({ url: 'gs://bucket/prefix' })).toThrow(
      expect.objectContaining({
        type: 'InvalidConfiguration',
        message:
          'The url of store "gs-bucket" is of no known kind; use file:///directory or s3://bucket/prefix.',
      }),
    );
  });
});
