import { join } from 'node:path';
import { installMinio } from '../install/install-minio.js';
import type { S3Server } from './s3.js';
import { startS3Server, type S3ServerKind } from './start-s3-server.js';

/** Starts MinIO: strict about signatures and checksums; versioning, Object Lock and lifecycle expiry. */
export async function startMinio(options: { buckets?: readonly string[] } = {}): Promise<S3Server> {
  const kind: S3ServerKind = {
    name: 'minio',
    command: await installMinio(),
    args: (listen, { data, directory }) => [
      ...['server', '--quiet', '--address', listen, '--certs-dir', join(directory, 'certs'), data],
    ],
    env: ({ accessKeyId, secretAccessKey }) => ({
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
    }),
  };
  return await startS3Server(kind, options.buckets ?? []);
}
