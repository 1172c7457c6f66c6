import { join } from 'node:path';
import { findProgram } from './find-program.js';
import { installWithGo } from './install-with-go.js';

/** fake-gcs-server, which speaks Google Cloud Storage: PATH, else built into the cache. Returns the program's path. */
export async function installFakeGcsServer(): Promise<string> {
  const present = findProgram('fake-gcs-server');
  if (present) return present;
  const directory = await installWithGo('fake-gcs-server', '1.56.1', [
    'github.com/fsouza/fake-gcs-server@v1.56.1',
  ]);
  return join(directory, 'fake-gcs-server');
}
