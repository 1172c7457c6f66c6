import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { installTemporalUi } from '../install/install-temporal-ui.js';
import { findFreePort } from './free-port.js';
import { makeServerDirectory, makeStop, startOrStop, type Stoppable } from './server-directory.js';
import { prepareServerProcess } from './server-process.js';
import type { TemporalServer } from './temporal.js';

/** A Temporal UI of version 2.26.2, as TempoNest runs it. */
export interface TemporalUi extends Stoppable {
  url: string;
}

/** Starts the Temporal UI for a Temporal server of the tests. */
export async function startTemporalUi({ address }: Pick<TemporalServer, 'address'>): Promise<TemporalUi> {
  const command = await installTemporalUi();
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const directory = await makeServerDirectory('temporal-ui');
  const server = prepareServerProcess({
    name: 'The Temporal UI 2.26.2',
    command,
    args: ['--root', directory, '--config', 'config', '--env', 'test', 'start'],
    directory,
    isReady: async () => (await fetch(url)).ok,
  });
  const stoppable = makeStop(() => server.kill(), directory);
  await startOrStop(async () => {
    await mkdir(join(directory, 'config'));
    const config = {
      temporalGrpcAddress: address,
      host: '127.0.0.1',
      port,
      enableUi: true,
      defaultNamespace: 'default',
      cors: { allowOrigins: [url] },
    };
    await writeFile(join(directory, 'config', 'test.yaml'), stringify(config));
    await server.start();
  }, stoppable);
  return { ...stoppable, url };
}
