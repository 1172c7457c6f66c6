import { installMoto } from '../install/install-moto.js';
import type { S3Server } from './s3.js';
import { startS3Server, type S3ServerKind } from './start-s3-server.js';

/**
 * Starts moto: Amazon's storage classes and rules of a lifecycle; but takes any secret and any checksum. What it holds is
 * gone when it ends.
 */
export async function startMoto(options: { buckets?: readonly string[] } = {}): Promise<S3Server> {
  const packages = await installMoto();
  const kind: S3ServerKind = {
    name: 'moto',
    command: 'python3',
    args: (listen) => {
      const [host, port] = listen.split(':') as [string, string];
      return ['-m', 'moto.server', '-H', host, '-p', port];
    },
    env: () => ({ PYTHONPATH: packages }),
  };
  return await startS3Server(kind, options.buckets ?? []);
}
