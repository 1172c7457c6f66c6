import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { startAlertmanager } from '../../../tools/servers/alertmanager.js';
import { startPrometheus } from '../../../tools/servers/prometheus.js';
import { SERVER, startBackupSystem } from '../../support/backup-system.js';
import { makeGpgHome } from '../../support/gpg-home.js';
import { readDashboard } from '../../support/read-dashboard.js';
import { waitUntil } from '../../support/wait-until.js';
import { failureOf } from '../../support/workflow-failure.js';

const ruleFile = join(import.meta.dirname, '../../../deploy/prometheus/temponest-backups.rules.yml');
const ADDRESS = 'backups@test.invalid';
/** The worker looks each minute. */
const PATIENCE = 300;

/** Panels that have something to show before the first backup, drill or WAL. */
const alwaysDrawn = new Set([
  'Without a backup',
  'Storage',
  'Keys expire in',
  'Firing alerts',
  'Memory',
  'Age of these numbers',
]);

interface Alert {
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** Whom Alertmanager tells. */
async function startWebhook(): Promise<{ url: string; alerts: Alert[] }> {
  const alerts: Alert[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      alerts.push(...(JSON.parse(body) as { alerts: Alert[] }).alerts);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, alerts };
}

test(
  'people hear of a failed backup and of an expiring key from Alertmanager, and when it is put right',
  { timeout: 900_000 },
  async () => {
    await using expiring = await makeGpgHome(ADDRESS, { expires: '10d' });
    await using system = await startBackupSystem({
      databases: ['app'],
      encryption: 'gpg',
      key: expiring,
      recipient: ADDRESS,
    });
    const webhook = await startWebhook();
    await using alertmanager = await startAlertmanager(webhook.url);
    await using prometheus = await startPrometheus({
      targets: { 'temponest-backups': `127.0.0.1:${system.worker.port}` },
      ruleFiles: [ruleFile],
      alertmanager: alertmanager.address,
    });
    const hear = (alert: string, status: Alert['status']) =>
      waitUntil(
        `${alert} is ${status}`,
        () => webhook.alerts.find((heard) => heard.labels.alertname === alert && heard.status === status),
        PATIENCE,
      );

    expect((await hear('BackupKeyExpiring', 'firing')).labels).toEqual({
      alertname: 'BackupKeyExpiring',
      fingerprint: expiring.fingerprint,
      severity: 'warning',
    });
    const ready = await fetch(`http://127.0.0.1:${system.worker.port}/ready`);
    expect(await ready.json()).toMatchObject({
      keys: expect.stringContaining(expiring.fingerprint) as string,
    });
    expect(ready.status).toBe(200);

    const count = `backup_failures_total{workflow="backupDatabase",server="${SERVER}",database="app"}`;
    await waitUntil(
      'Prometheus knows of no failure',
      async () => (await prometheus.query(count))[0]?.value === 0,
      PATIENCE,
    );
    // Each panel of the dashboard can be drawn, and says how the backups are.
    for (const { title, expressions } of await readDashboard())
      for (const expression of expressions) {
        const drawn = await prometheus.query(expression);
        if (alwaysDrawn.has(title)) expect(drawn.length, title).toBeGreaterThan(0);
      }

    await system.postgres.query('postgres', 'DROP DATABASE app');
    expect((await failureOf(await system.startBackup('app'))).type).toBe('DatabaseNotFound');
    expect(await hear('BackupRunFailed', 'firing')).toMatchObject({
      labels: { workflow: 'backupDatabase', server: SERVER, database: 'app', severity: 'warning' },
      annotations: {
        summary: 'backupDatabase has failed for main/app',
        runbook_url: 'docs/metrics.md#backuprunfailed',
      },
    });

    await using renewed = await makeGpgHome(ADDRESS);
    await renewed.exportPublicKeys(join(system.scratch, 'public-keys.asc'));
    await hear('BackupKeyExpiring', 'resolved');
    expect(webhook.alerts.map(({ labels }) => labels.alertname)).not.toContain('BackupOverdue');
  },
);
