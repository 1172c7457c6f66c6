import { join } from 'node:path';
import { findProgram } from './find-program.js';
import { installWithGo } from './install-with-go.js';

/** toxiproxy, which disturbs connections: PATH, else built into the cache. Returns the program's path. */
export async function installToxiproxy(): Promise<string> {
  const present = findProgram('toxiproxy-server');
  if (present) return present;
  const directory = await installWithGo('toxiproxy', '2.12.0', [
    'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0',
  ]);
  return join(directory, 'server');
}
