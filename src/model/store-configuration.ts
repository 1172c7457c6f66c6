import { z } from 'zod';

/** The kinds of URL that a store can have, for messages. */
export const storeUrlForms = 'file:///directory or s3://bucket/prefix';

const onlyForS3 = [
  'region',
  'endpoint',
  'forcePathStyle',
  'storageClass',
  'serverSideEncryption',
  'accessKeyIdFile',
  'secretAccessKeyFile',
] as const;

/** One of the `stores` in the configuration. The first is the primary. */
export const storeConfiguration = z
  .strictObject({
    /** How it is called in plans, manifests and messages; default: made from the URL, see {@link nameOfStore}. */
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower-case letters, digits, dots and hyphens')
      .max(63)
      .optional(),
    /** `file:///directory`, or `s3://bucket` or `s3://bucket/prefix`. */
    url: z.string().regex(/^(file:\/\/\/|s3:\/\/[^/]+)/, `must be ${storeUrlForms}`),
    /** S3: the bucket's region; default: what the AWS SDK finds, `us-east-1` when there is an `endpoint`. */
    region: z.string().min(1).optional(),
    /** S3: the server's URL, for anything but Amazon's own. */
    endpoint: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
    /** S3: the bucket in the path and not in the host's name; default: true when there is an `endpoint`. */
    forcePathStyle: z.boolean().optional(),
    /** S3: storage classes; default: the bucket's. Manifests and other documents always have that. */
    storageClass: z
      .strictObject({
        /** Dumps, globals and base backups, e.g. `STANDARD_IA`. */
        backups: z.string().min(1).optional(),
        /** WAL segments, e.g. `GLACIER_IR`. */
        wal: z.string().min(1).optional(),
      })
      .optional(),
    /** S3: encryption by the store, beside our own; default: what the bucket does. */
    serverSideEncryption: z
      .strictObject({ algorithm: z.enum(['AES256', 'aws:kms']), kmsKeyId: z.string().min(1).optional() })
      .optional(),
    /** S3: files that hold the credentials; default: what the AWS SDK finds. */
    accessKeyIdFile: z.string().min(1).optional(),
    secretAccessKeyFile: z.string().min(1).optional(),
  })
  .superRefine((store, context) => {
    const refuse = (field: (typeof onlyForS3)[number], message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (store.url.startsWith('file:'))
      for (const field of onlyForS3)
        if (store[field] !== undefined) refuse(field, 'is only for a store with an s3:// URL');
    if (store.accessKeyIdFile && !store.secretAccessKeyFile)
      refuse('secretAccessKeyFile', 'is needed beside accessKeyIdFile');
    if (store.secretAccessKeyFile && !store.accessKeyIdFile)
      refuse('accessKeyIdFile', 'is needed beside secretAccessKeyFile');
  });

export type StoreConfiguration = z.infer<typeof storeConfiguration>;

/** The store's name: the configured one, else the URL's scheme and, where it has one, the bucket (`file`, `s3-bucket`). */
export function nameOfStore({ name, url }: StoreConfiguration): string {
  const [, scheme, host] = /^([a-z0-9]+):\/\/([^/]*)/.exec(url) ?? [];
  return name ?? [scheme, host].filter(Boolean).join('-');
}
