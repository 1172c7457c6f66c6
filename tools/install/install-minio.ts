import { join } from 'node:path';
import { findProgram } from './find-program.js';
import { installWithGo } from './install-with-go.js';

/** MinIO, an S3 server: `MINIO_BINARY`, else PATH, else built into the cache. Returns the program's path. */
export async function installMinio(): Promise<string> {
  const present = process.env.MINIO_BINARY ?? findProgram('minio');
  if (present) return present;
  const directory = await installWithGo('minio', '20260212201848', [
    'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c',
  ]);
  return join(directory, 'minio');
}
