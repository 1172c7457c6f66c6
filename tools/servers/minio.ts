import { join } from 'node:path';
import { installMinio } from '../install/install-minio.js';
import type { S3Server } from './s3.js';
import { startS3Server } from './start-s3-server.js';

/** Starts MinIO: strict about signatures and checksums; versioning, Object Lock and lifecycle expiry. */
export async function startMinio(options: { buckets?: readonly string[] } = {}): Promise<S3Server> {
  const kind = {
    name: 'minio',
    command: await installMinio(),
    args: (listen: string, data: string, directory: string) => [
      ...['server', '--quiet', '--address', listen, '--certs-dir', join(directory, 'certs'), data],
    ],
    env: ({ accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string }) => ({
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
    }),
  };
  return await startS3Server(kind, options.buckets ?? []);
}
