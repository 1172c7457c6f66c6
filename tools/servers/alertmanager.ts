import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { installPrometheus } from '../install/install-prometheus.js';
import { findFreePort } from './free-port.js';
import { makeServerDirectory, makeStop, startOrStop, type Stoppable } from './server-directory.js';
import { prepareServerProcess } from './server-process.js';

/** A running Alertmanager. */
export interface AlertmanagerServer extends Stoppable {
  /** host:port */
  address: string;
}

/** Starts an Alertmanager on 127.0.0.1 that posts each alert to a webhook, at once, and again when it is resolved. */
export async function startAlertmanager(webhookUrl: string): Promise<AlertmanagerServer> {
  const programs = await installPrometheus();
  const address = `127.0.0.1:${await findFreePort()}`;
  const directory = await makeServerDirectory('alertmanager');
  await writeFile(
    join(directory, 'alertmanager.yml'),
    stringify({
      route: { receiver: 'webhook', group_by: ['...'], group_wait: '0s', group_interval: '1s' },
      receivers: [{ name: 'webhook', webhook_configs: [{ url: webhookUrl, send_resolved: true }] }],
    }),
  );
  const server = prepareServerProcess({
    name: 'Alertmanager',
    command: programs['prometheus-alertmanager'],
    args: [
      `--config.file=${join(directory, 'alertmanager.yml')}`,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=', // alone
    ],
    directory,
    isReady: async () => (await fetch(`http://${address}/-/ready`)).ok,
  });
  const stoppable = makeStop(() => server.end(), directory);
  await startOrStop(() => server.start(), stoppable);
  return { ...stoppable, address };
}
