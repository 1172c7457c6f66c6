import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { PostgresServer } from '../../tools/servers/postgres.js';

/**
 * Starts a server on a data directory that was handed over, as anybody would, with its own configuration; and asks it.
 *
 * @param dataDirectory - every directory above it can be entered by whoever it belongs to
 */
export async function askCluster(
  { binDirectory, password }: Pick<PostgresServer, 'binDirectory' | 'password'>,
  dataDirectory: string,
  database: string,
  sql: string,
): Promise<string> {
  const asOwner = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  const run = (...args: string[]) => {
    const [program = '', ...rest] = [...asOwner, ...args];
    return execa(program, rest, { cwd: '/', stdin: 'ignore' });
  };
  // The path of a socket is short.
  const sockets = await mkdtemp(join(tmpdir(), 'tb-ask-'));
  await execa('chmod', ['777', sockets]);
  const passwordFile = join(sockets, 'pass');
  await writeFile(passwordFile, `*:*:*:*:${password}\n`, { mode: 0o600 });
  if (asOwner.length > 0) await execa('chown', ['postgres:', passwordFile]);
  const options = `-c listen_addresses= -c port=5432 -c unix_socket_directories='${sockets}'`;
  const control = [join(binDirectory, 'pg_ctl'), '-D', dataDirectory, '-w', '-l', join(sockets, 'log')];
  try {
    await run(...control, '-o', options, 'start');
    try {
      const connection = `host=${sockets} user=postgres dbname=${database} passfile=${passwordFile}`;
      const { stdout } = await run(join(binDirectory, 'psql'), '-d', connection, '-Atc', sql);
      return stdout;
    } finally {
      await run(...control, '-m', 'fast', 'stop');
    }
  } finally {
    await rm(sockets, { recursive: true, force: true });
  }
}
