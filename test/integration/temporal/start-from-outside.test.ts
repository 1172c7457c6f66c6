import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RestoreResult } from '../../../src/model/restore.js';
import type { BackupResult } from '../../../src/model/results.js';
import { installChromium } from '../../../tools/install/install-chromium.js';
import { installTemporal } from '../../../tools/install/install-temporal.js';
import { startTemporalDevServer, type TemporalDevServer } from '../../../tools/servers/temporal.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { failureOf } from '../../support/workflow-failure.js';

const project = join(import.meta.dirname, '..', '..', '..');
const images = join(project, 'docs/images');

let temporal: TemporalDevServer;
let system: BackupSystem;

beforeAll(async () => {
  temporal = await startTemporalDevServer({ ui: true });
  system = await startBackupSystem({
    databases: ['agentic'],
    temporal,
    configuration: { approvals: { provider: 'none' } },
  });
  await system.postgres.query('agentic', 'CREATE TABLE agents AS SELECT generate_series(1, 10) AS id');
  await system.backUp();
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

const runIdOf = ({ stdout }: { stdout: string }) => /RunId\s+(\S+)/.exec(stdout)?.[1];

test('the commands for agents start a restore, once, and show how it goes on and what it made', async () => {
  const page = await readFile(join(project, 'docs/agents.md'), 'utf8');
  const [, commands] = /^## From a shell$[^]*?^```sh\n([^]*?)^```$/m.exec(page)!;
  const [start, query, result] = commands!.replaceAll('\\\n', '').trim().split('\n');
  const workflowId = 'restore/agentic/INC-4711';
  const firstRun = await runInShell(start!);
  expect(runIdOf(firstRun)).toBeDefined();
  const restored = (await system.client.workflow.getHandle(workflowId).result()) as RestoreResult;
  expect(restored.restored).toMatchObject({ tables: 1, rows: 10 });

  expect((await runInShell(query!)).stdout).toMatch(/"step":\s*"committed"/);
  expect((await runInShell(result!)).stdout).toContain(restored.restored!.database);
  expect(runIdOf(await runInShell(start!))).toBe(runIdOf(firstRun));
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
async function startFromForm(page: Page, type: string, workflowId: string, input: object): Promise<void> {
  await page.goto(`${temporal.uiUrl}/namespaces/${temporal.namespace}/workflows/start-workflow`);
  await page.fill('#workflowId', workflowId);
  await page.fill('#taskQueue', 'temponest-backups');
  await page.fill('#workflowType', type);
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

/** With UPDATE_IMAGES=1, takes one of the documentation's pictures anew. */
async function keepImage(page: Page, name: string): Promise<void> {
  if (process.env.UPDATE_IMAGES) await page.screenshot({ path: join(images, name), animations: 'disabled' });
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
    await startFromForm(page, 'backupDatabase', 'agentic-by-hand', {
      database: 'agentic',
      reason: 'before the migration',
    });
    await keepImage(page, 'start-backup-in-temporal-ui.png');
    expect(await system.client.workflow.getHandle('agentic-by-hand').result()).toMatchObject({
      database: 'agentic',
    });
    await expectShown(page, 'agentic-by-hand', 'Completed');

    await startFromForm(page, 'backupDatabase', 'wrong-by-hand', { datenbank: 'agentic' });
    const { type } = await failureOf(system.client.workflow.getHandle('wrong-by-hand'));
    expect(type).toBe('InvalidArgument');
    await expectShown(page, 'wrong-by-hand', 'Failed');
    await page.getByText('datenbank: is not a field of it').first().waitFor();
  } finally {
    await browser.close();
  }
});

test('the form of the Temporal UI starts a restore, which is seen to complete with what it made', async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 1010 } });
    const input = { database: 'agentic', into: { database: 'agentic_by_form' }, requestedBy: 'ann' };
    await startFromForm(page, 'restoreDatabase', 'restore-by-hand', input);
    await keepImage(page, 'start-restore-in-temporal-ui.png');
    const { restored } = (await system.client.workflow
      .getHandle('restore-by-hand')
      .result()) as RestoreResult;
    expect(restored).toMatchObject({ database: 'agentic_by_form', rows: 10 });
    await expectShown(page, 'restore-by-hand', 'Completed');
    await page.getByText('agentic_by_form').first().waitFor();
    expect(await system.postgres.query('agentic_by_form', 'SELECT count(*)::int AS n FROM agents')).toEqual([
      { n: 10 },
    ]);
    await keepImage(page, 'restored-in-temporal-ui.png');
  } finally {
    await browser.close();
  }
});
