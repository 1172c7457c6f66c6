import { chmod, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import { beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { temponestDatabases } from '../../tools/data/temponest-databases.js';
import { findProcesses } from '../support/our-processes.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';
import { waitUntil } from '../support/wait-until.js';

const root = join(import.meta.dirname, '../..');
const committed = temponestDatabases.map(
  ({ name }) => new RegExp(`^${name} +committed +${name}_\\d{8}_\\d{6} `, 'm'),
);

/** In seconds, for all that the demo does on a busy machine. */
const PATIENCE = 150;
vi.setConfig({ testTimeout: 3 * PATIENCE * 1000 });

// The demo makes all its directories here, and its processes have it in their command line or environment.
let scratch: string;

beforeEach(async () => {
  scratch = await makeScratchDirectory();
  await chmod(scratch, 0o755); // PostgreSQL may run as another user
});

function startDemo(...options: string[]) {
  const args = ['tools/bootstrap.mjs', 'demo', '--scale', '0.01', ...options];
  const demo = execa('node', args, {
    cwd: root,
    env: { TMPDIR: scratch, TSX_DISABLE_CACHE: '1' },
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  let output = '';
  demo.all.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    demo,
    /** Waits until the demo prints a text, and answers with all of its output so far. */
    sees: async (text: string): Promise<string> => {
      await waitUntil(
        `the demo says "${text}"`,
        () => {
          if (demo.exitCode !== null) throw new Error(`The demo ended without saying "${text}":\n${output}`);
          return output.includes(text);
        },
        PATIENCE,
      );
      return output;
    },
  };
}

async function expectNothingLeft(): Promise<void> {
  expect(await findProcesses(scratch)).toEqual([]);
  expect(await readdir(scratch)).toEqual([]);
}

test('stays up with commands that work, until Ctrl-C removes everything', async () => {
  const { demo, sees } = startDemo();
  const output = await sees('Press Ctrl-C');
  for (const row of committed) expect(output).toMatch(row);
  expect(output).toMatch(/^langfuse +langfuse_\d{8}_\d{6} +keep +daily/m);
  expect(output).toMatch(/base_\d{8}_\d{6}/);

  const [, keyFile] = /The private key is +(.*)/.exec(output)!;
  expect(await readFile(keyFile!, 'utf8')).toContain('BEGIN PGP PRIVATE KEY BLOCK');
  const [, backups] = /The backups lie in +file:\/\/(.*)/.exec(output)!;
  expect(await readdir(join(backups!, 'postgres', 'main', 'langfuse'))).toHaveLength(2);
  const [, ui] = /Temporal's UI is at +(.*)/.exec(output)!;
  expect((await fetch(ui!)).status).toBe(200);

  const [, preparing] = /In another terminal, first these lines; .*\n((?: {2}export .*\n)+)/.exec(output)!;
  const run = async (commands: string) =>
    (await execa({ shell: true, stdin: 'ignore' })(`set -e\n${preparing!}${commands}`)).stdout;
  const commands = output
    .split(/Three commands to try next: .*\n/)[1]!
    .trim()
    .split('\n')
    .slice(0, 3);
  const answers: string[] = [];
  for (const command of commands) answers.push(await run(command));
  expect(answers).toEqual([
    expect.stringMatching(
      /^Database agentic_restored_\d{8}_\d{6} on server main is backup agentic_.* 1 table /m,
    ),
    expect.stringMatching(
      /^Database saas_console on server main .*[^]*undo-swap --server main saas_console /m,
    ),
    expect.stringMatching(/^7 of 7 backups of server main in store file proven\.$/m),
  ]);

  const [, losing] = /Or lose something, .*\n((?: {2}.*\n)+)/.exec(output)!;
  const brought = await run(losing!);
  expect(brought).toMatch(/^Database agentic_before on server main is agentic as it was then: /m);
  expect(brought).toMatch(/^ made after the base backup +\| +40$/m);

  demo.kill('SIGINT');
  expect((await demo).exitCode).toBe(0);
  await expectNothingLeft();
});

test.each([
  { kind: 's3', url: 's3://backups' },
  { kind: 'azure', url: 'azure://backups' },
  { kind: 'gcs', url: 'gs://backups' },
])('keeps backups in a real server of kind $kind, and stops by itself', async ({ kind, url }) => {
  const { demo } = startDemo('--store', kind, '--exit');
  const { exitCode, all } = await demo;
  for (const row of committed) expect(all).toMatch(row);
  expect(all).toContain(`The backups lie in    ${url} on http:`);
  expect(exitCode).toBe(0);
  await expectNothingLeft();
});

test('a backup that fails shows in the exit code, beside those that were made', async () => {
  const { demo, sees } = startDemo('--exit');
  await sees('Starting a worker');
  await dropDatabase('approvals');
  const { exitCode, all } = await demo;
  expect(all).toMatch(/^approvals +failed/m);
  expect(all).toMatch(/^langfuse +committed/m);
  expect(exitCode).toBe(1);
  await expectNothingLeft();
});

/** Takes a database away from the demo's server, which its backups.yaml names. */
async function dropDatabase(name: string): Promise<void> {
  const directory = (await readdir(scratch)).find((entry) => entry.startsWith('temponest-backups-'))!;
  const configuration = parse(await readFile(join(scratch, directory, 'backups.yaml'), 'utf8')) as {
    servers: { host: string; port: number; user: string; passwordFile: string }[];
  };
  const [{ passwordFile, ...server }] = configuration.servers as [(typeof configuration.servers)[number]];
  const client = new pg.Client({
    ...{ host: server.host, port: server.port, user: server.user, database: 'postgres' },
    password: await readFile(passwordFile, 'utf8'),
  });
  await client.connect();
  await client.query(`DROP DATABASE ${name}`);
  await client.end();
}

test.each(['Starting PostgreSQL', 'Filling it', 'Starting a worker', 'schedules trigger'])(
  'Ctrl-C at "%s" removes what was begun',
  async (text) => {
    const { demo, sees } = startDemo();
    await sees(text);
    demo.kill('SIGINT');
    expect((await demo).exitCode).toBe(130);
    await expectNothingLeft();
  },
);

test('an unknown option is refused with what is known', async () => {
  const { exitCode, all } = await startDemo('--keep').demo;
  expect(all).toContain("unknown option '--keep'");
  expect(all).toContain('npm run demo -- --help');
  expect(exitCode).toBe(2);
});
