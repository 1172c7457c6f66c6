import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackupResult } from '../../../src/model/results.js';
import { installChromium } from '../../../tools/install/install-chromium.js';
import { installTemporal } from '../../../tools/install/install-temporal.js';
import { startTemporalDevServer, type TemporalDevServer } from '../../../tools/servers/temporal.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { failureOf } from '../../support/workflow-failure.js';

const project = join(import.meta.dirname, '..', '..', '..');
const image = join(project, 'docs/images/start-backup-in-temporal-ui.png');

let temporal: TemporalDevServer;
let system: BackupSystem;

beforeAll(async () => {
  temporal = await startTemporalDevServer({ ui: true });
  system = await startBackupSystem({ databases: ['agentic'], temporal });
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await temporal.stop();
});

/** Runs a command line in a shell that knows `temporal` and where its server is, as an operator's does. */
async function runInShell(command: string) {
  const temporalDirectory = dirname(await installTemporal());
  return await execa(command, {
    shell: true,
    extendEnv: false,
    env: { ...system.environment, PATH: `${temporalDirectory}:${process.env.PATH}` },
    stdin: 'ignore',
    reject: false,
  });
}

test('the README’s command starts a backup', async () => {
  const readme = await readFile(join(project, 'README.md'), 'utf8');
  const [command] = /^temporal workflow start(?:.*\\\n)*.*$/m.exec(readme)!;
  const { stdout, exitCode } = await runInShell(command);
  expect(exitCode).toBe(0);
  const workflowId = /WorkflowId\s+(\S+)/.exec(stdout)![1]!;
  const result = (await system.client.workflow.getHandle(workflowId).result()) as BackupResult;
  expect(result).toMatchObject({ database: 'agentic', store: 'file' });
});

const execute = (type: string, input: string) =>
  runInShell(
    `temporal workflow execute --task-queue temponest-backups --type ${type} --workflow-id wrong-${crypto.randomUUID()} ${input}`,
  );

test.each([
  {
    type: 'backupDatabase',
    input: `--input '{"databse": "agentic"}'`,
    said: 'database: expected string, received undefined, and databse: is not a field of it',
  },
  { type: 'backupDatabase', input: '', said: 'database: expected string' },
  { type: 'backupDatabase', input: `--input '{"database": 5}'`, said: 'database: expected string' },
  { type: 'backupDatabase', input: `--input '{"database": ""}'`, said: 'database: Too small' },
  { type: 'backupDatabase', input: `--input '"agentic"'`, said: 'the whole: expected object' },
  {
    type: 'backupDatabase',
    input: `--input '{"database": "agentic", "jobs": 4}'`,
    said: 'jobs: is not a field of it',
  },
  { type: 'backupDatabases', input: `--input '{"databases": "agentic"}'`, said: 'databases: expected array' },
  {
    type: 'backupGlobals',
    input: `--input '{"database": "agentic"}'`,
    said: 'database: is not a field of it',
  },
  { type: 'pruneBackups', input: `--input '{"dryRun": "yes"}'`, said: 'dryRun: expected boolean' },
])('$type refuses $input at once and names the field', async ({ type, input, said }) => {
  const { exitCode, stdout, stderr } = await execute(type, input);
  expect(exitCode).not.toBe(0);
  expect(stdout + stderr).toContain(`The argument of ${type} is wrong: ${said}`);
});

/** Fills in and sends the form of the Temporal UI. */
async function startFromForm(page: Page, workflowId: string, input: object): Promise<void> {
  await page.goto(`${temporal.uiUrl}/namespaces/${temporal.namespace}/workflows/start-workflow`);
  await page.fill('#workflowId', workflowId);
  await page.fill('#taskQueue', 'temponest-backups');
  await page.fill('#workflowType', 'backupDatabase');
  await page.fill('[contenteditable=true]', JSON.stringify(input));
  // The form moves when it has looked who listens on the queue, and when the editor is left: a click would miss.
  await page.focus('#workflowType');
  await page.getByText('Task Queue is Active').waitFor();
  await page.click('[data-testid=start-workflow-button]');
  await page.getByText('Workflow started successfully').waitFor();
}

/** Waits until the UI shows how a workflow ended. */
async function expectShown(page: Page, workflowId: string, status: string): Promise<void> {
  await page.goto(`${temporal.uiUrl}/namespaces/${temporal.namespace}/workflows/${workflowId}`);
  await page.getByText(status, { exact: true }).first().waitFor();
}

async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: await installChromium(),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

test('the form of the Temporal UI starts a backup, and a wrong one that fails with the field named', async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 1010 } });
    await startFromForm(page, 'agentic-by-hand', { database: 'agentic', reason: 'before the migration' });
    // UPDATE_IMAGES=1 takes the documentation's picture anew.
    if (process.env.UPDATE_IMAGES) await page.screenshot({ path: image, animations: 'disabled' });
    expect(await system.client.workflow.getHandle('agentic-by-hand').result()).toMatchObject({
      database: 'agentic',
    });
    await expectShown(page, 'agentic-by-hand', 'Completed');

    await startFromForm(page, 'wrong-by-hand', { datenbank: 'agentic' });
    const { type } = await failureOf(system.client.workflow.getHandle('wrong-by-hand'));
    expect(type).toBe('InvalidArgument');
    await expectShown(page, 'wrong-by-hand', 'Failed');
    await page.getByText('datenbank: is not a field of it').first().waitFor();
  } finally {
    await browser.close();
  }
});
