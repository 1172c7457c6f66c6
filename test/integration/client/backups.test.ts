import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Manifest } from '../../../src/model/manifest.js';
import { parseBackupId } from '../../../src/model/names.js';
import type { BackupsResult, PruneResult } from '../../../src/model/results.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { runCli } from './run-cli.js';

let system: BackupSystem;

beforeAll(async () => {
  system = await startBackupSystem({
    databases: ['agentic', 'Größe 1/2'],
    server: { globals: true, databases: ['agentic', 'Größe 1/2', 'gone'] },
    configuration: { schedules: { nightly: { hour: 2 }, prune: { hour: 3 } } },
  });
  await system.postgres.query(
    'agentic',
    'CREATE TABLE agents AS SELECT n AS id, md5(n::text) AS name FROM generate_series(1, 1000) n',
  );
});
afterAll(() => system[Symbol.asyncDispose]());

const cli = (...args: string[]) =>
  runCli(args, { ...system.environment, TEMPONEST_BACKUPS_CONFIG: system.configurationFile });
const json = async <T>(...args: string[]) => {
  const { stdout, ...outcome } = await cli(...args, '--json');
  return { ...outcome, answer: JSON.parse(stdout) as T };
};

test('before the first backup, status is critical and the list is empty', async () => {
  const { exitCode, stdout } = await cli('status');
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/\nCRITICAL: no backup at all of agentic, Größe 1\/2, gone, globals\. And .*$/);
  expect(stdout).toMatch(
    /^CRITICAL: .*Temporal does not have: nightly, prune\. To do: run .*schedules apply/m,
  );
  expect((await cli('list')).stdout).toMatch(/^0 backups of server main /);
});

test('what is not configured is refused before anything starts', async () => {
  const { exitCode, stdout, stderr } = await cli('backup', 'nope');
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(/^Database "nope" is not configured for server main; use one of: agentic, /);
  expect(await cli('backup', '--server', 'other')).toMatchObject({ exitCode: 2 });
  const { answer } = await json<object>('backup', 'nope');
  expect(answer).toMatchObject({ error: { type: 'InvalidArgument' } });
  expect(await cli('backup', '--frob')).toMatchObject({ exitCode: 2, stdout: '' });
});

test('a backup of some databases ends with a table of what was made', async () => {
  const { exitCode, stdout } = await cli('backup', 'agentic', 'Größe 1/2', '--reason', 'test');
  expect(exitCode).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/^DATABASE +OUTCOME +BACKUP +DUMP +STORED +SECONDS$/);
  expect(lines).toContainEqual(expect.stringMatching(/^agentic +committed +agentic_\d{8}_\d{6} .* \d+\.\d$/));
  expect(lines).toContainEqual(expect.stringMatching(/^Größe 1\/2 +committed +Gr%C3%B6%C3%9Fe%201%2F2_/));
  expect(lines.at(-1)).toBe('2 of 2 backups of server main committed.');
});

test('one database that fails: exit code 1, its sentence, and the others committed', async () => {
  const { exitCode, answer } = await json<BackupsResult>('backup', 'agentic', 'gone');
  expect(exitCode).toBe(1);
  expect(answer).toMatchObject({ server: SERVER });
  expect(Object.fromEntries(answer.backups.map(({ database, outcome }) => [database, outcome]))).toEqual({
    agentic: 'committed',
    gone: 'failed',
  });
  const people = await cli('backup', 'agentic', 'gone');
  expect(people.exitCode).toBe(1);
  expect(people.stdout).toMatch(/^gone: Database "gone" does not exist on server main .*\.$/m);
  expect(people.stdout).toMatch(/1 of 2 backups of server main committed\.$/);
});

test('a schedule is triggered and followed to its end like a backup', async () => {
  expect(await cli('schedules', 'apply')).toMatchObject({ exitCode: 0 });
  const { exitCode, answer } = await json<BackupsResult>('schedules', 'trigger', 'nightly');
  // "gone" is part of every full run here.
  expect(exitCode).toBe(1);
  expect(answer.backups.map(({ database, outcome }) => `${database ?? 'globals'} ${outcome}`).sort()).toEqual(
    ['Größe 1/2 committed', 'agentic committed', 'globals committed', 'gone failed'],
  );
});

test('backups that any client started are followed by their workflow id', async () => {
  const handle = await system.startBackup('agentic');
  const { exitCode, answer } = await json<BackupsResult>('backup', '--follow', handle.workflowId);
  expect(exitCode).toBe(0);
  expect(answer.backups).toMatchObject([
    { database: 'agentic', outcome: 'committed', backupId: (await handle.result()).backupId },
  ]);
  const unknown = await cli('backup', '--follow', 'no-such-workflow');
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stderr).toContain('has no workflow "no-such-workflow"');
});

test('list and show tell what the store holds', async () => {
  const { answer } = await json<{ backups: { id: string; bytes: number; database?: string }[] }>(
    'list',
    'agentic',
  );
  const [newest] = answer.backups;
  expect(answer.backups.every(({ database }) => database === 'agentic')).toBe(true);
  const times = answer.backups.map(({ id }) => parseBackupId(id)!.time.getTime());
  expect(times).toEqual([...times].sort((a, b) => b - a));

  const shown = await json<Manifest>('show', newest!.id);
  expect(shown.answer).toMatchObject({
    id: newest!.id,
    kind: 'database',
    artifact: { bytes: newest!.bytes },
  });
  const { stdout } = await cli('show', newest!.id);
  expect(stdout).toMatch(/^Database +agentic$/m);
  expect(stdout).toMatch(/^public\.agents +1000 /m);
  expect((await cli('list', 'globals')).stdout).toMatch(/^globals_\d{8}_\d{6} +globals /m);

  const missing = await cli('show', 'agentic_20200101_000000');
  expect(missing.exitCode).toBe(2);
  expect(missing.stderr).toMatch(
    /holds no backup agentic_20200101_000000 on server main; "temponest-backups list"/,
  );
});

test('prune shows every decision, asks, and deletes only when told to', async () => {
  await cli('backup', 'agentic');
  const before = await json<PruneResult>('prune', '--dry-run');
  expect(before.exitCode).toBe(0);
  expect(before.answer.deleted).toBeGreaterThan(0);
  expect(before.answer.decisions).toContainEqual(
    expect.objectContaining({ database: 'agentic', keep: false, rules: ['expired'] }),
  );
  expect((await cli('prune', '--dry-run')).stdout).toMatch(
    /^agentic .* keep +daily, weekly, monthly, newest$/m,
  );

  const unasked = await cli('prune');
  expect(unasked.exitCode).toBe(2);
  expect(unasked.stderr).toMatch(/There is no terminal to ask for confirmation; add --yes/);
  expect((await json('prune', '--dry-run')).answer).toEqual(before.answer);

  const { exitCode, answer } = await json<PruneResult>('prune', '--yes');
  expect(exitCode).toBe(0);
  expect(answer).toMatchObject({ deleted: before.answer.deleted, kept: before.answer.kept });
  expect((await cli('prune', '--yes')).stdout).toMatch(/^Nothing to delete; 3 backups kept\.$/);
});

test('status tells what there is, what is missing, and what runs next', async () => {
  const { exitCode, answer } = await json<{
    databases: { name: string; state: string }[];
    temporal: { schedules: object[] };
  }>('status');
  expect(exitCode).toBe(2);
  expect(answer.databases).toMatchObject([
    { name: 'agentic', state: 'ok', backup: { rows: 1000 } },
    { name: 'Größe 1/2', state: 'ok' },
    { name: 'gone', state: 'critical' },
    { name: 'globals', state: 'ok' },
  ]);
  expect(answer.temporal.schedules).toMatchObject([
    { name: 'nightly', next: expect.stringMatching(/T02:00:00/) as string },
    { name: 'prune', next: expect.stringMatching(/T03:00:00/) as string },
  ]);
  expect((await cli('status')).stdout).toMatch(/\nCRITICAL: no backup at all of gone\.$/);
});

test('config check finds what does not work, and the rest in order', async () => {
  const { exitCode, answer } = await json<{ findings: { check: string; outcome: string; detail: string }[] }>(
    'config',
    'check',
  );
  expect(exitCode).toBe(1);
  expect(answer.findings.filter(({ outcome }) => outcome === 'fault')).toMatchObject([
    { check: 'databases of main', detail: expect.stringMatching(/^Not on the server: gone; /) as string },
  ]);
  expect(answer.findings.filter(({ outcome }) => outcome === 'warning')).toMatchObject([
    { check: 'encryption' },
  ]);
});
