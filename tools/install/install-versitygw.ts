import { join } from 'node:path';
import { findProgram } from './find-program.js';
import { installWithGo } from './install-with-go.js';

/** versitygw, an S3 server over a directory: PATH, else built into the cache. Returns the program's path. */
export async function installVersitygw(): Promise<string> {
  const present = findProgram('versitygw');
  if (present) return present;
  const directory = await installWithGo('versitygw', '1.8.0', [
    'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  ]);
  return join(directory, 'versitygw');
}
