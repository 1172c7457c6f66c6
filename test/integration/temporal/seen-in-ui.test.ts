import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installChromium } from '../../../tools/install/install-chromium.js';
import { startTemporal124 } from '../../../tools/servers/temporal-1-24.js';
import { startTemporalUi } from '../../../tools/servers/temporal-ui.js';
import { startTemporalDevServer, type TemporalServer } from '../../../tools/servers/temporal.js';
import { SERVER } from '../../support/backup-system.js';
import { startHeldSystem, startSharedServers } from '../../support/held-backup.js';
import { shareInFile } from '../../support/share-in-file.js';

const images = join(import.meta.dirname, '../../../docs/images');

/** How long a page may take to show something, in milliseconds. */
const PATIENCE = 60_000;

const servers = shareInFile(startSharedServers);

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: await installChromium(),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});
afterAll(() => browser.close());

/** Looks at a backup that is in the middle of its upload, on its page in a Temporal UI. */
async function lookAtUpload(
  temporal: TemporalServer,
  uiUrl: string,
  look: (page: Page, backupId: string) => Promise<void>,
): Promise<void> {
  await using system = await startHeldSystem('upload', servers(), { temporal });
  const backup = await system.startBackup('app');
  await system.held();
  const { runId, memo } = await backup.describe();
  expect(memo).toMatchObject({ BackupServer: SERVER, BackupDatabase: 'app', BackupKind: 'database' });
  const page = await browser.newPage({ viewport: { width: 1100, height: 860 } });
  page.setDefaultTimeout(PATIENCE);
  const run = `${encodeURIComponent(backup.workflowId)}/${runId}`;
  await page.goto(`${uiUrl}/namespaces/${temporal.namespace}/workflows/${run}`);
  await look(page, String(memo?.BackupId));
  await page.close();
  await backup.cancel();
  await backup.result().catch(() => undefined);
}

/** With UPDATE_IMAGES=1, takes one of the documentation's pictures anew. */
async function keepImage(page: Page, name: string): Promise<void> {
  if (process.env.UPDATE_IMAGES) await page.screenshot({ path: join(images, name), animations: 'disabled' });
}

test(
  'the Temporal UI shows the steps of a backup as a table, and what it is of',
  async () => {
    await using temporal = await startTemporalDevServer({ ui: true });
    await lookAtUpload(temporal, temporal.uiUrl!, async (page, backupId) => {
      await page.getByText('User Metadata').click();
      const details = page.frameLocator('iframe');
      await details.getByText(backupId).waitFor();
      for (const step of ['dump', 'compress', 'encrypt'])
        await details.getByRole('row', { name: new RegExp(`^${step} .* s .*iB$`) }).waitFor();
      await details.getByRole('row', { name: /^upload .* goes on / }).waitFor();
      await keepImage(page, 'steps-in-temporal-ui.png');
      await page.getByText('Memo', { exact: true }).click();
      await page.getByText('BackupDatabase').first().waitFor();
      await page.getByText(backupId).first().waitFor();
    });
  },
  5 * PATIENCE,
);

test(
  'the UI of the time of server 1.24, which knows no details, shows in the memo what a backup is of',
  async () => {
    await using temporal = await startTemporal124({ postgres: servers().postgres });
    await using ui = await startTemporalUi(temporal);
    await lookAtUpload(temporal, ui.url, async (page, backupId) => {
      await page.getByText('Metadata', { exact: true }).click();
      await page.getByText('BackupDatabase').first().waitFor();
      await page.getByText(backupId).first().waitFor();
      await keepImage(page, 'memo-in-temporal-ui-2-26.png');
    });
  },
  5 * PATIENCE,
);
