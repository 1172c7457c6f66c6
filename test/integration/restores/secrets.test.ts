import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RestoreDatabaseArgument } from '../../../src/model/arguments.js';
import { MAIN_QUEUE } from '../../../src/model/queues.js';
import type { restoreDatabase } from '../../../src/workflows/index.js';
import { startMinio } from '../../../tools/servers/minio.js';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startApprovalServer } from '../../support/approval-service.js';
import { startBackupSystem } from '../../support/backup-system.js';
import { makeGpgHome } from '../../support/gpg-home.js';
import { readFiles, readHistories } from '../../support/places-of-secrets.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { waitUntil } from '../../support/wait-until.js';
import { failureOf } from '../../support/workflow-failure.js';
import { watchDescendants, type SeenProgram } from '../backups/watch-descendants.js';
import { startCli } from '../client/run-cli.js';

const signal = new AbortController().signal;

/** The longest line of exported keys: of the key's own bytes. */
async function readKeyLine(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => /^[\w+/]{64}$/.test(line));
  return lines[1]!;
}

test('neither the private key nor its passphrase nor a password shows in a restore or a rescue', async () => {
  await using postgres = await startPostgres();
  await postgres.query('postgres', 'CREATE DATABASE shop');
  await postgres.query('shop', 'CREATE TABLE orders AS SELECT n FROM generate_series(1, 1000) n');
  await using s3 = await startMinio();
  await using approvals = await startApprovalServer();
  const passphrase = `passphrase-${crypto.randomUUID()}`;
  await using key = await makeGpgHome('backups@test.invalid', { passphrase });
  const directory = await makeScratchDirectory();
  const file = (name: string) => join(directory, name);
  const [privateKeysFile, passphraseFile] = [file('private-keys.asc'), file('passphrase')];
  await key.exportPrivateKeys(privateKeysFile);
  await writeFile(passphraseFile, passphrase, { mode: 0o600 });
  await writeFile(file('approval-token'), approvals.token, { mode: 0o600 });
  const secrets = {
    passphrase,
    wrongPassphrase: `wrong-${crypto.randomUUID()}`,
    privateKey: await readKeyLine(privateKeysFile),
    password: postgres.password,
    secretAccessKey: s3.secretAccessKey,
    approvalToken: approvals.token,
  };
  const holds = (text: string) => Object.entries(secrets).filter(([, secret]) => text.includes(secret));
  /** `known` is what must be in them: that they can be searched. */
  const expectNone = (texts: readonly string[], known: string) => {
    expect(texts.join('\n')).toContain(known);
    expect(texts.flatMap(holds)).toEqual([]);
  };
  /** Only PostgreSQL's programs get anything: the password. */
  const expectHidden = (programs: readonly SeenProgram[]) => {
    expect([...new Set(programs.map(({ program }) => program))]).toEqual(
      expect.arrayContaining(['gpg', 'tar', 'pg_restore', 'pg_dump']),
    );
    expectNone(
      programs.map(({ commandLine }) => commandLine),
      '--exit-on-error',
    );
    const withPassword = programs.filter(({ environment }) => environment.includes(secrets.password));
    const others = programs.filter((each) => !withPassword.includes(each));
    expect([...new Set(withPassword.map(({ program }) => program))].sort()).toEqual([
      'pg_dump',
      'pg_restore',
    ]);
    expectNone(
      others.map(({ environment }) => environment),
      'LC_ALL=C',
    );
    expect(withPassword.some(({ environment }) => environment.includes(passphrase))).toBe(false);
  };

  await using system = await startBackupSystem({
    ...{ databases: ['shop'], postgres, s3, store: 's3', encryption: 'gpg', key },
    worker: { logLevel: 'debug' },
    configuration: {
      restore: { privateKeysFile, passphraseFile },
      approvals: { provider: 'temponest', url: approvals.url, tokenFile: file('approval-token') },
    },
  });
  await system.backUp();
  const restore = (argument: Partial<RestoreDatabaseArgument> = {}) =>
    system.client.workflow.start<typeof restoreDatabase>('restoreDatabase', {
      taskQueue: MAIN_QUEUE,
      workflowId: `restore-${crypto.randomUUID()}`,
      args: [{ database: 'shop', ...argument }],
    });
  const swap = await restore({ mode: 'swap' });
  await waitUntil('two are asked', () => approvals.requests.length === 2);
  for (const [index, { approval_id }] of approvals.requests.entries())
    await approvals.decide(approval_id, 'approved', `approver-${index}`);
  const endWatch = watchDescendants(system.worker.pid);
  // The service tells nobody here: whoever asks does.
  await swap.signal('approval_signal', { status: 'approved', approver: 'approver-0' });
  await swap.result();
  expectHidden(await endWatch());

  await writeFile(passphraseFile, secrets.wrongPassphrase);
  expect(await failureOf(await restore())).toMatchObject({ type: 'KeyUnusable' });
  await writeFile(passphraseFile, passphrase);

  const { configurationFile, environment } = system;
  const rescueOnce = async () => {
    const work = file('rescue');
    const rescue = startCli(
      ['--config', configurationFile, 'rescue', 'restore', 'shop', '--as', 'rescued', '--directory', work],
      environment,
    );
    const end = watchDescendants(rescue.pid!);
    const { exitCode, stdout, stderr } = await rescue;
    return { exitCode, said: stdout + stderr, programs: await end() };
  };
  await writeFile(passphraseFile, secrets.wrongPassphrase);
  const refused = await rescueOnce();
  expect(refused.exitCode).toBe(1);
  expectNone([refused.said], 'passphrase');
  await writeFile(passphraseFile, passphrase);
  const rescued = await rescueOnce();
  expect(rescued).toMatchObject({ exitCode: 0 });
  expectNone([rescued.said], 'rescued');
  expectHidden(rescued.programs);

  expectNone(await readHistories(system), '"mode":"swap"');
  expectNone([await system.worker.log()], 'step failed');
  expectNone(await readFiles(system.stagingDirectory), '"id"');
  const events: string[] = [];
  for await (const { key: name } of system.store.list('audit/', signal))
    events.push((await system.store.getDocument(name, signal))!.toString());
  expectNone(events, '"restore"');
});
