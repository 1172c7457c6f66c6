import { join } from 'node:path';
import { installWithGo } from './install-with-go.js';

/** Docker Compose as a program of its own; `config` needs no Docker engine. Returns the program's path. */
export async function installCompose(): Promise<string> {
  const directory = await installWithGo('docker-compose', '5.0.2', [
    'github.com/docker/compose/v5/cmd@v5.0.2',
  ]);
  return join(directory, 'cmd');
}
