import { z } from 'zod';
import { isPrivateUrl } from './private-host.js';

/** The kinds of URL that a store can have, for messages. */
export const storeUrlForms =
  'file:///directory, s3://bucket/prefix, azure://container/prefix or gs://bucket/prefix';

/** The schemes of the URLs for which a field has a meaning. */
const schemesOf = {
  region: ['s3'],
  endpoint: ['s3', 'azure', 'gs'],
  allowPlainHttp: ['s3', 'azure', 'gs'],
  forcePathStyle: ['s3'],
  storageClass: ['s3', 'azure', 'gs'],
  serverSideEncryption: ['s3'],
  lock: ['s3', 'azure', 'gs'],
  lifecycle: ['s3', 'azure', 'gs'],
  accessKeyIdFile: ['s3'],
  secretAccessKeyFile: ['s3'],
  connectionStringFile: ['azure'],
  sasTokenFile: ['azure'],
  credentialsFile: ['gs'],
} as const;

type Field = keyof typeof schemesOf;

/**
 * The storage classes of a kind of store, where there is a closed list of them.
 *
 * @see https://learn.microsoft.com/azure/storage/blobs/access-tiers-overview
 * @see https://cloud.google.com/storage/docs/storage-classes
 */
const storageClasses: Record<string, readonly string[]> = {
  azure: ['Hot', 'Cool', 'Cold', 'Archive'],
  gs: ['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'],
};

/** A cheaper class for what is so many days old. */
const transition = z.strictObject({ afterDays: z.int().min(1), storageClass: z.string().min(1) });

/** One of the `stores` in the configuration. The first is the primary. */
export const storeConfiguration = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower-case letters, digits, dots and hyphens')
      .max(63)
      .optional()
      .describe(
        'what plans, manifests and messages call it; default: its scheme and bucket, as in s3-bucket',
      ),
    url: z
      .string()
      .regex(/^(file:\/\/\/|(s3|azure|gs):\/\/[^/]+)/, `must be ${storeUrlForms}`)
      .describe(storeUrlForms),
    region: z
      .string()
      .min(1)
      .optional()
      .describe('S3: the bucket’s; default: what the AWS SDK finds, us-east-1 when there is an endpoint'),
    endpoint: z
      .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
      .optional()
      .describe(
        'the server’s URL; S3 and Google: for anything but Amazon’s and Google’s own; Azure: the storage account’s, https://account.blob.core.windows.net',
      ),
    allowPlainHttp: z
      .boolean()
      .optional()
      .describe('take an endpoint without TLS at a public address; default: only in a private network'),
    forcePathStyle: z
      .boolean()
      .optional()
      .describe(
        'S3: the bucket in the path and not in the host’s name; default: true when there is an endpoint',
      ),
    storageClass: z
      .strictObject({
        backups: z.string().min(1).optional().describe('dumps, globals and base backups, e.g. STANDARD_IA'),
        wal: z.string().min(1).optional().describe('WAL segments, e.g. GLACIER_IR'),
      })
      .optional()
      .describe(
        'storage classes, for Azure access tiers; default: the bucket’s, which manifests and other documents always have',
      ),
    serverSideEncryption: z
      .strictObject({ algorithm: z.enum(['AES256', 'aws:kms']), kmsKeyId: z.string().min(1).optional() })
      .optional()
      .describe('S3: encryption by the store, beside our own; default: what the bucket does'),
    lock: z
      .strictObject({
        mode: z
          .enum(['governance', 'compliance'])
          .describe(
            'governance: whoever has a permission of its own for that can take it away; compliance: nobody can',
          ),
      })
      .optional()
      .describe('lock each object until retention’s own date; the bucket must have been made for it'),
    lifecycle: z
      .strictObject({
        backups: transition.optional().describe('dumps, globals and base backups'),
        wal: transition.optional(),
      })
      .optional()
      .describe('what "stores lifecycle" has the provider move to a cheaper class when it is old'),
    accessKeyIdFile: z
      .string()
      .min(1)
      .optional()
      .describe('S3: a file that holds it; default: what the AWS SDK finds'),
    secretAccessKeyFile: z
      .string()
      .min(1)
      .optional()
      .describe('S3: a file that holds it, beside accessKeyIdFile'),
    connectionStringFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Azure: a file that holds the account’s connection string, which also says where the account is',
      ),
    sasTokenFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Azure: a file that holds a shared access signature; without either file, what the Azure SDK finds',
      ),
    credentialsFile: z
      .string()
      .min(1)
      .optional()
      .describe('Google: a file that holds the JSON of an account; default: application default credentials'),
  })
  .superRefine((store, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const scheme = /^[a-z0-9]+/.exec(store.url)?.[0] ?? '';
    for (const [field, schemes] of Object.entries(schemesOf) as [Field, readonly string[]][])
      if (store[field] !== undefined && !schemes.includes(scheme))
        refuse(
          [field],
          `is only for a store with a URL of ${schemes.map((name) => `${name}://`).join(', ')}`,
        );
    if (store.accessKeyIdFile && !store.secretAccessKeyFile)
      refuse(['secretAccessKeyFile'], 'is needed beside accessKeyIdFile');
    if (store.secretAccessKeyFile && !store.accessKeyIdFile)
      refuse(['accessKeyIdFile'], 'is needed beside secretAccessKeyFile');
    const isPlain = store.endpoint?.startsWith('http:') === true;
    if (isPlain && !isPrivateUrl(store.endpoint!) && store.allowPlainHttp !== true)
      refuse(['endpoint'], 'must be https:// at a public address, or allowPlainHttp must be true');
    if (scheme === 'azure' && isPlain && !store.sasTokenFile)
      refuse(['endpoint'], 'must be https:// without sasTokenFile: the Azure SDK sends no token without TLS');
    if (scheme === 'azure' && !store.endpoint && !store.connectionStringFile)
      refuse(['endpoint'], 'is needed without connectionStringFile: https://<account>.blob.core.windows.net');
    for (const other of ['endpoint', 'sasTokenFile'] as const)
      if (store.connectionStringFile && store[other])
        refuse([other], 'cannot stand beside connectionStringFile, which says it already');
    const classes = storageClasses[scheme];
    for (const [kind, name] of Object.entries(store.storageClass ?? {}))
      if (classes && name !== undefined && !classes.includes(name))
        refuse(['storageClass', kind], `must be one of ${classes.join(', ')}`);
    for (const [kind, move] of Object.entries(store.lifecycle ?? {}))
      if (classes && move && !classes.includes(move.storageClass))
        refuse(['lifecycle', kind, 'storageClass'], `must be one of ${classes.join(', ')}`);
  });

export type StoreConfiguration = z.infer<typeof storeConfiguration>;

/** The store's name: the configured one, else the URL's scheme and, where it has one, the bucket (`file`, `s3-bucket`). */
export function nameOfStore({ name, url }: StoreConfiguration): string {
  const [, scheme, host] = /^([a-z0-9]+):\/\/([^/]*)/.exec(url) ?? [];
  return name ?? [scheme, host].filter(Boolean).join('-');
}
