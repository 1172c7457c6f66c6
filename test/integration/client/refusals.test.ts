import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort } from '../../../tools/servers/free-port.js';
import { startTemporalDevServer } from '../../../tools/servers/temporal.js';
import { makeGpgHome } from '../../support/gpg-home.js';
import { runCli, startCli } from './run-cli.js';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tb-refusals-'));
});
afterAll(() => rm(scratch, { recursive: true }));

/** A configuration, and the environment in which nobody listens where Temporal should be. */
async function prepare(text: string) {
  const directory = await mkdtemp(join(scratch, 'test-'));
  const file = join(directory, 'backups.yaml');
  await writeFile(file, text.replaceAll('$directory', directory));
  const address = `127.0.0.1:${await findFreePort()}`;
  return {
    directory,
    file,
    address,
    environment: { TEMPONEST_BACKUPS_CONFIG: file, TEMPORAL_ADDRESS: address },
  };
}

const good = `
staging: { directory: $directory/staging }
servers: [{ name: main, host: 127.0.0.1, port: 1, user: backup, databases: [app] }]
encryption: { method: none }
stores: [{ url: 'file://$directory/store' }]
`;

const wrong = `
staging: { directory: relative }
servers:
  - { name: main, host: localhost, user: backup, port: none }
encryption: { method: none }
stores: []
colour: blue
`;

test.concurrent.each([[['backup']], [['schedules', 'apply']], [['schedules', 'list']], [['worker']]])(
  'without Temporal, %j says where it was looked for',
  async (args) => {
    const { address, environment, directory } = await prepare(good);
    await mkdir(join(directory, 'store'));
    const { exitCode, stdout, stderr } = await runCli([...args, '--json'], environment);
    expect(exitCode).toBe(1);
    const message = `Temporal at ${address} cannot be reached; check that it runs, and TEMPORAL_ADDRESS.`;
    expect(stderr.split('\n').at(-1)).toBe(message);
    expect(JSON.parse(stdout)).toEqual({ error: { type: 'ServerUnreachable', message } });
  },
);

test.concurrent('a stack is shown only when asked for', async () => {
  const { environment } = await prepare(good);
  expect((await runCli(['backup'], environment)).stderr).not.toMatch(/^ +at /m);
  expect((await runCli(['backup', '--verbose'], environment)).stderr).toMatch(/^ +at /m);
});

test.concurrent('an unknown namespace is named', async () => {
  await using temporal = await startTemporalDevServer();
  const { environment } = await prepare(good);
  const message = `Temporal at ${temporal.address} has no namespace "elsewhere"; set TEMPORAL_NAMESPACE.`;
  const run = (...args: string[]) =>
    runCli(args, { ...environment, TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'elsewhere' });
  for (const command of ['backup', 'worker'])
    expect(await run(command)).toEqual({ exitCode: 2, stdout: '', stderr: message });
  expect((await run('config', 'check')).stdout).toContain(message);
});

test.concurrent('every error of the configuration is listed with its line', async () => {
  const { file, environment } = await prepare(wrong);
  for (const args of [['config', 'check'], ['list'], ['backup']]) {
    const { exitCode, stdout, stderr } = await runCli(args, environment);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    for (const [line, key] of [
      [2, 'staging.directory'],
      [4, 'servers.0.port'],
      [6, 'stores'],
    ] as const)
      expect(stderr).toContain(`${file}:${line}: ${key}: `);
    expect(stderr).toContain('unknown key colour');
  }
});

test.concurrent('a missing configuration is named, with how to name another', async () => {
  const { exitCode, stderr } = await runCli(['status', '--config', '/nowhere/backups.yaml'], {});
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    'The configuration /nowhere/backups.yaml cannot be read (ENOENT); name it with --config or TEMPONEST_BACKUPS_CONFIG.',
  );
});

test.concurrent('a schedule that stands for no workflow is refused', async () => {
  const { environment } = await prepare(`${good}schedules: { weekly: { hour: 2 } }\n`);
  const { exitCode, stderr } = await runCli(['schedules', 'apply'], environment);
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    'schedules.weekly says no workflow; add "workflow:", or call it nightly, prune, base, wal, verify, drill-monthly, drill-quarterly, or drill-failover.',
  );
});

test.concurrent('config check finds everything that does not work at once', async () => {
  const { environment } = await prepare(`
staging: { directory: $directory/no-staging }
servers: [{ name: main, host: 127.0.0.1, port: 1, user: backup, passwordFile: $directory/no-password }]
encryption: { method: gpg, recipients: [nobody@test.invalid], publicKeysFile: $directory/no-keys }
stores: [{ url: 'file://$directory/no-store' }]
`);
  const { exitCode, stdout } = await runCli(['config', 'check', '--json'], environment);
  expect(exitCode).toBe(1);
  const { findings } = JSON.parse(stdout) as {
    findings: { check: string; outcome: string; detail: string }[];
  };
  const faults = findings.filter(({ outcome }) => outcome === 'fault').map(({ check }) => check);
  expect(faults).toEqual([
    'server main',
    'databases of main',
    'programs for main',
    expect.stringMatching(/^store file:/),
    'encryption',
    'staging',
    'temporal',
  ]);
  for (const { detail } of findings) expect(detail).not.toContain('\n');
  expect(findings.filter(({ detail }) => detail.includes('no-password'))).toHaveLength(1); // it is said once
});

test.concurrent('a key that is about to expire is a warning', async () => {
  await using key = await makeGpgHome('backups@test.invalid', { expires: '10d' });
  const { directory, environment } = await prepare(`
staging: { directory: $directory/staging }
servers: [{ name: main, host: 127.0.0.1, port: 1, user: backup }]
encryption: { method: gpg, recipients: [backups@test.invalid], publicKeysFile: $directory/keys.asc }
stores: [{ url: 'file://$directory/store' }]
`);
  await key.exportPublicKeys(join(directory, 'keys.asc'));
  const { stdout } = await runCli(['config', 'check', '--json'], environment);
  const { findings } = JSON.parse(stdout) as { findings: object[] };
  expect(findings).toContainEqual({
    check: 'encryption',
    outcome: 'warning',
    detail: expect.stringContaining(`renew it now: ${key.fingerprint} until `) as string,
  });
});

test.concurrent('a reader that stops early is no error', async () => {
  const child = startCli(['config', 'schema'], {});
  child.stdout.destroy();
  expect(await child).toMatchObject({ exitCode: 0, stderr: '' });
});
