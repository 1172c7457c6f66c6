import { describe, expect, it } from 'vitest';
import { nameOfStore, storeConfiguration } from '../../src/model/store-configuration.js';
import { openStore } from '../../src/stores/open-store.js';

const forms =
  'url: must be file:///directory, s3://bucket/prefix, azure://container/prefix or gs://bucket/prefix';

function faultsOf(configuration: unknown): string[] {
  const { error } = storeConfiguration.safeParse(configuration);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('storeConfiguration', () => {
  it('takes a directory and a bucket of each cloud', () => {
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
    expect(
      faultsOf({
        url: 'azure://container/prefix',
        endpoint: 'https://account.blob.core.windows.net',
        sasTokenFile: '/run/secrets/sas',
        storageClass: { backups: 'Cool', wal: 'Cold' },
      }),
    ).toEqual([]);
    expect(faultsOf({ url: 'azure://container', connectionStringFile: '/run/secrets/azure' })).toEqual([]);
    expect(
      faultsOf({
        url: 'gs://bucket/prefix',
        credentialsFile: '/run/secrets/google.json',
        storageClass: { backups: 'NEARLINE' },
      }),
    ).toEqual([]);
  });

  it.each<[object, string[]]>([
    [{ url: 'ftp://host/' }, [forms]],
    [{ url: 'file://backups' }, [forms]],
    [
      { url: 'file:///b', endpoint: 'http://x' },
      ['endpoint: is only for a store with a URL of s3://, azure://, gs://'],
    ],
    [{ url: 's3://b', accessKeyIdFile: '/a' }, ['secretAccessKeyFile: is needed beside accessKeyIdFile']],
    [
      { url: 's3://b', sasTokenFile: '/a', credentialsFile: '/b' },
      [
        'sasTokenFile: is only for a store with a URL of azure://',
        'credentialsFile: is only for a store with a URL of gs://',
      ],
    ],
    [
      { url: 'azure://c' },
      ['endpoint: is needed without connectionStringFile: https://<account>.blob.core.windows.net'],
    ],
    [
      { url: 'azure://c', connectionStringFile: '/a', endpoint: 'https://x', sasTokenFile: '/b' },
      [
        'endpoint: cannot stand beside connectionStringFile, which says it already',
        'sasTokenFile: cannot stand beside connectionStringFile, which says it already',
      ],
    ],
    [
      { url: 'gs://b', storageClass: { backups: 'Cool', wal: 'COLDLINE' } },
      ['storageClass.backups: must be one of STANDARD, NEARLINE, COLDLINE, ARCHIVE'],
    ],
    [
      { url: 's3://b', endpoint: 'http://s3.example.com' },
      ['endpoint: must be https:// at a public address, or allowPlainHttp must be true'],
    ],
    [{ url: 's3://b', endpoint: 'http://s3.example.com', allowPlainHttp: true }, []],
    [
      { url: 'azure://c', endpoint: 'http://127.0.0.1:10000/a' },
      ['endpoint: must be https:// without sasTokenFile: the Azure SDK sends no token without TLS'],
    ],
    [{ url: 's3://b', endpoint: 'minio:9000' }, ['endpoint: must be an http:// or https:// URL']],
  ])('of %j says %j', (configuration, faults) => {
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
    ['azure://container/a/b/', 'azure://container/a/b'],
  ])('opens %s', async (url, opened) => {
    const endpoint = url.startsWith('azure') ? 'https://account.blob.core.windows.net' : undefined;
    expect((await openStore({ url, endpoint })).url).toBe(opened);
  });

  it('names the known kinds when it does not know the one asked for', async () => {
    await expect(openStore({ url: 'ftp://host/prefix' })).rejects.toMatchObject({
      type: 'InvalidConfiguration',
      message:
        'The url of store "ftp-host" is of no known kind; use file:///directory, s3://bucket/prefix, azure://container/prefix or gs://bucket/prefix.',
    });
  });

  it('says what a connection string is not, without repeating it', async () => {
    const opening = openStore(
      { url: 'azure://container', connectionStringFile: '/a' },
      { connectionString: 'AccountKey=hidden' },
    );
    await expect(opening).rejects.toMatchObject({
      type: 'InvalidConfiguration',
      message:
        'The connectionStringFile of store "azure-container" holds no connection string; write there what the portal shows under "Access keys".',
    });
  });

  it('says what JSON is not, without repeating it', async () => {
    const opening = openStore({ url: 'gs://bucket', credentialsFile: '/a' }, { credentials: 'hidden' });
    await expect(opening).rejects.toMatchObject({
      type: 'InvalidConfiguration',
      message:
        'The credentialsFile of store "gs-bucket" holds no JSON; write there what Google made for the account.',
    });
  });
});
