import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { NotificationEvent } from '../../../src/model/notification.js';
import { startAlertmanager } from '../../../tools/servers/alertmanager.js';
import { startBackupSystem } from '../../support/backup-system.js';
import { startHttpChannel } from '../../support/http-channel.js';
import { makeOperatorsDesk } from '../../support/operators-desk.js';
import { readPageCommands } from '../../support/page-commands.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';
import { failureOf } from '../../support/workflow-failure.js';

/** In milliseconds. */
const PATIENCE = 300_000;
const { signal } = new AbortController();

const readPage = (name: string) => readPageCommands(join(import.meta.dirname, `../../../docs/${name}.md`));

interface Alert {
  labels: Record<string, string>;
}

/** What an Alertmanager says is wrong now. */
async function activeAlerts(address: string): Promise<string[]> {
  const answer = await fetch(`http://${address}/api/v2/alerts?active=true`);
  const alerts = (await answer.json()) as Alert[];
  return alerts.map(({ labels }) => `${labels.alertname} ${labels.server} ${labels.workflow}`);
}

test(
  'people are told of a failure and of its end, and all of it is written down, as the pages say',
  async () => {
    const page = await readPage('notifications');
    const auditPage = await readPage('audit');
    const sink = await startHttpChannel();
    const webhook = await startHttpChannel();
    const heartbeat = await startHttpChannel();
    await using alertmanager = await startAlertmanager(sink.origin);
    const secretFile = join(await makeScratchDirectory(), 'secret');
    await writeFile(secretFile, 'shared secret\n');
    await using system = await startBackupSystem({
      databases: ['app'],
      server: { heartbeat: { url: heartbeat.origin } },
      configuration: {
        notifications: [
          { webhook: { url: webhook.origin, secretFile }, on: ['failure', 'success'] },
          { alertmanager: { url: `http://${alertmanager.address}` } },
          { name: 'dead', webhook: { url: 'http://127.0.0.1:9/' } },
        ],
        schedules: { nightly: { hour: 2 } },
      },
    });
    const desk = await makeOperatorsDesk(system);
    expect(await desk.run(page.take('Notifications'))).toMatch(/secret can be read/);

    await system.postgres.query('postgres', 'ALTER DATABASE app RENAME TO gone');
    const start = () =>
      system.client.workflow.start('backupDatabases', {
        ...{ taskQueue: MAIN_QUEUE, workflowId: `night-${crypto.randomUUID()}`, args: [{}] },
      });
    const failing = await start();
    await failureOf(failing);
    await waitUntil('the webhook is told', () => webhook.received.length > 0);
    const [{ text, headers }] = webhook.received as [(typeof webhook.received)[0]];
    const event = JSON.parse(text) as NotificationEvent;
    expect(event).toMatchObject({ type: 'backup.failed', server: 'main', workflowId: failing.workflowId });
    expect(headers['x-signature-256']).toBe(
      `sha256=${createHmac('sha256', 'shared secret').update(text).digest('hex')}`,
    );
    const alert = 'TempoNestBackupFailed main backupDatabases';
    await waitUntil('the alert is raised', async () =>
      (await activeAlerts(alertmanager.address)).includes(alert),
    );
    expect(heartbeat.received).toEqual([]);

    await system.postgres.query('postgres', 'ALTER DATABASE gone RENAME TO app');
    await (await start()).result();
    await waitUntil('the heartbeat is sent', () => heartbeat.received.length > 0);
    await waitUntil('the alert ends', async () => (await activeAlerts(alertmanager.address)).length === 0);
    const types = webhook.received.map((one) => (JSON.parse(one.text) as NotificationEvent).type);
    expect(types).toEqual(['backup.failed', 'backup.succeeded']);
    const tellings = await desk.run(page.take('A channel that is down'));
    expect(tellings).toContain(`${failing.workflowId}/notification/`);

    await desk.run('temponest-backups schedules apply; temponest-backups schedules pause nightly');
    await system.worker.stop();
    await system.worker.start();
    const told = await desk.run(auditPage.take('Audit'));
    for (const said of [
      /backup +main\/app +committed/,
      /prune +main +committed/,
      /schedule .*paused nightly/,
    ])
      expect(told).toMatch(said);
    expect(told).toMatch(/worker .*what stopped/);
    const verify = auditPage.take('Missing and altered events');
    expect(await desk.run(verify)).toMatch(/^\d+ events in store file, none missing or altered\.$/m);

    const keys: string[] = [];
    for await (const { key } of system.store.list('audit/', signal)) keys.push(key);
    const backedUp = keys.find((key) => key.includes('_backup_'))!;
    await system.store.delete(backedUp, signal);
    expect(await desk.run(`${verify.trim()} || echo "exit $?"`)).toMatch(
      /^Event \d+ of \d+ of \w+ is missing\.$/m,
    );
    expect([page.rest(), auditPage.rest()]).toEqual([[], []]);
  },
  PATIENCE,
);
