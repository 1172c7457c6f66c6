import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { measureDirectory } from '../src/files/measure-directory.js';
import type { PostgresServer } from '../tools/servers/postgres.js';

/** pgBackRest, ready to back a server up. */
export interface PgBackRest {
  /** Makes a full backup. */
  backUp(): Promise<void>;
  /** Bytes of all its backups. */
  measure(): Promise<number>;
}

const stanza = 'main';

/**
 * Sets pgBackRest up beside a server on this machine, with its own archiving: all cores, zstd of the same level as ours,
 * AES-256 as gpg uses it, everything else as it comes.
 *
 * @param directory of its own, in one of its own; its repository is made there
 * @param level of zstd
 * @param asynchronous whether its archive-push works ahead, on all cores, or sends each segment as it is told to
 */
export async function preparePgBackRest(
  postgres: PostgresServer,
  directory: string,
  level: number,
  { asynchronous = false } = {},
): Promise<PgBackRest> {
  const repository = join(directory, 'repository');
  const file = join(directory, 'pgbackrest.conf');
  const inDirectory = (name: string) => join(directory, name);
  for (const path of [directory, repository]) await mkdir(path, { recursive: true });
  const lines = [
    '[global]',
    `repo1-path=${repository}`,
    'repo1-cipher-type=aes-256-cbc',
    `repo1-cipher-pass=${randomBytes(32).toString('base64')}`,
    'repo1-retention-full=100',
    `process-max=${availableParallelism()}`,
    'compress-type=zst',
    `compress-level=${level}`,
    'start-fast=y',
    ...(asynchronous ? ['archive-async=y'] : []),
    `lock-path=${inDirectory('lock')}`,
    `log-path=${inDirectory('log')}`,
    `spool-path=${inDirectory('spool')}`,
    'log-level-console=warn',
    'log-level-file=off',
    `[${stanza}]`,
    `pg1-path=${postgres.dataDirectory}`,
    `pg1-port=${postgres.port}`,
    `pg1-socket-path=${dirname(postgres.dataDirectory)}`,
    `pg1-user=${postgres.user}`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o644 });
  // It reads the data directory itself, and so runs as the server's own user.
  const user = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  if (user.length > 0) await execa('chown', ['-R', 'postgres:', dirname(directory)]);
  const run = async (...args: string[]) => {
    const [command = '', ...rest] = [
      ...user,
      'pgbackrest',
      `--config=${file}`,
      `--stanza=${stanza}`,
      ...args,
    ];
    const env = { PATH: process.env.PATH!, PGPASSWORD: postgres.password };
    await execa(command, rest, { env, extendEnv: false, cwd: '/', stdin: 'ignore' });
  };
  await run('stanza-create');
  await postgres.query(
    'postgres',
    `ALTER SYSTEM SET archive_command = 'pgbackrest --config=${file} --stanza=${stanza} archive-push %p'`,
  );
  await postgres.query('postgres', 'SELECT pg_reload_conf()');
  await run('check');
  return {
    backUp: () => run('--type=full', 'backup'),
    measure: () => measureDirectory(join(repository, 'backup')),
  };
}
