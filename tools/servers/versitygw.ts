import { installVersitygw } from '../install/install-versitygw.js';
import type { S3Server } from './s3.js';
import { startS3Server, type S3ServerKind } from './start-s3-server.js';

/** Starts versitygw: strict about signatures and checksums; Object Lock and versioning, no lifecycle. */
export async function startVersitygw(options: { buckets?: readonly string[] } = {}): Promise<S3Server> {
  const kind: S3ServerKind = {
    name: 'versitygw',
    command: await installVersitygw(),
    // A sidecar directory instead of extended attributes, which not every temporary directory has.
    args: (listen, { data, metadata, versions }) => [
      ...['--port', listen, '--quiet', 'posix', '--sidecar', metadata, '--versioning-dir', versions, data],
    ],
    env: ({ accessKeyId, secretAccessKey }) => ({
      ROOT_ACCESS_KEY_ID: accessKeyId,
      ROOT_SECRET_ACCESS_KEY: secretAccessKey,
    }),
  };
  return await startS3Server(kind, options.buckets ?? []);
}
