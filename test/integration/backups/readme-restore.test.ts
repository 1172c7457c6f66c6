import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startBackupSystem } from '../../support/backup-system.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';

const readme = fileURLToPath(new URL('../../../README.md', import.meta.url));

/** The commands that the README gives for restoring by hand. */
async function readCommands(): Promise<string> {
  const text = await readFile(readme, 'utf8');
  return /### Restoring by hand[^]*?```sh\n([^]*?)```/.exec(text)![1]!;
}

test('the commands of the README restore a backup, with the properties of its database', async () => {
  await using server = await startPostgres({});
  await server.query(
    'postgres',
    `CREATE DATABASE agentic TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C' CONNECTION LIMIT 7`,
  );
  await server.query('postgres', `ALTER DATABASE agentic SET statement_timeout = '9min'`);
  await server.query(
    'agentic',
    `CREATE TABLE agents (name text, aliases text[]);
     INSERT INTO agents VALUES ('Jürgen', '{NULL,"NULL"}'), ('Ana', '{}')`,
  );
  // What pg_restore itself stumbles over.
  for (const setting of ['default_transaction_read_only = on', 'array_nulls = off'])
    await server.query('postgres', `ALTER DATABASE agentic SET ${setting}`);
  await using system = await startBackupSystem({
    databases: ['agentic'],
    postgres: server,
    encryption: 'gpg',
  });
  const { backups } = await system.backUp({ databases: ['agentic'] });
  const [backup] = backups;
  if (backup?.outcome !== 'committed') throw new Error('the backup failed');

  const directory = await makeScratchDirectory();
  const artifact = `${backup.backupId}.dump.tar.zst.gpg`;
  const stored = new URL(`${system.store.url}/postgres/main/agentic/${artifact}`, pathToFileURL('/'));
  await copyFile(fileURLToPath(stored), join(directory, artifact));
  await server.query('postgres', 'ALTER DATABASE agentic RENAME TO agentic_before');
  const commands = (await readCommands()).replaceAll(/agentic_\d{8}_\d{6}\.dump\.tar\.zst\.gpg/g, artifact);
  await execa('sh', ['-e', '-c', commands], {
    cwd: directory,
    env: {
      PATH: `${server.binDirectory}:${process.env.PATH}`,
      GNUPGHOME: system.key!.home,
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGUSER: server.user,
      PGPASSWORD: server.password,
    },
    stdin: 'ignore',
  });

  expect(await server.query('agentic', 'SELECT name, aliases FROM agents ORDER BY name')).toEqual([
    { name: 'Ana', aliases: [] },
    { name: 'Jürgen', aliases: [null, 'NULL'] },
  ]);
  expect(
    await server.query(
      'agentic',
      `SELECT current_setting('server_encoding') AS encoding, current_setting('statement_timeout') AS timeout,
              datconnlimit AS connections FROM pg_database WHERE datname = current_database()`,
    ),
  ).toEqual([{ encoding: 'LATIN1', timeout: '9min', connections: 7 }]);
});
