import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { installTemporal } from '../../../tools/install/install-temporal.js';
import { startMinio } from '../../../tools/servers/minio.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { startTemporalDevServer } from '../../../tools/servers/temporal.js';
import { startBackupSystem, type BackupSystem } from '../../support/backup-system.js';
import { makeGpgHome } from '../../support/gpg-home.js';
import { readPageCommands } from '../../support/page-commands.js';
import { countRows, databasesOf } from '../client/rescue-glass.js';

const project = join(import.meta.dirname, '..', '..', '..');
const PASSPHRASE = 'correct horse';
/** In milliseconds, for some twenty commands. */
const PATIENCE = 600_000;

async function makePostgres(): Promise<PostgresServer> {
  const postgres = await startPostgres();
  for (const name of ['temporal', 'temporal_visibility'])
    await postgres.query('postgres', `CREATE DATABASE ${name}`);
  await postgres.query(
    'temporal',
    `CREATE TABLE namespaces AS SELECT 'default' AS name;
     CREATE TABLE executions AS SELECT n AS run_id FROM generate_series(1, 100) n;
     CREATE TABLE tasks (id int)`,
  );
  await postgres.query('temporal_visibility', 'CREATE TABLE executions_visibility AS SELECT 1 AS run_id');
  return postgres;
}

/** A directory with what the page has in the directory where it is worked, and programs by the names that it uses. */
async function makeDesk(
  { scratch, configurationFile, postgres, environment }: BackupSystem,
  newServer: PostgresServer,
) {
  const desk = join(scratch, 'desk');
  const programs = join(desk, 'programs');
  await mkdir(programs, { recursive: true });
  const main = join(project, 'dist', 'client', 'main.js');
  const program = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
  await writeFile(join(programs, 'temponest-backups'), program, { mode: 0o755 });
  await copyFile(join(scratch, 'private-keys.asc'), join(desk, 'private-keys.asc'));
  await copyFile(join(scratch, 's3-access-key-id'), join(desk, 'id'));
  await copyFile(join(scratch, 's3-secret-access-key'), join(desk, 'secret'));
  await writeFile(join(desk, 'passphrase'), PASSPHRASE);
  await writeFile(join(desk, 'new-db-password'), newServer.password);
  const configuration = parse(await readFile(configurationFile, 'utf8')) as { restore: object };
  const restore = { ...configuration.restore, passphraseFile: join(desk, 'passphrase') };
  const withPassphrase = join(desk, 'backups.yaml');
  await writeFile(withPassphrase, stringify({ ...configuration, restore }));
  const PATH = [programs, dirname(await installTemporal()), postgres.binDirectory, environment.PATH].join(
    ':',
  );
  return { desk, environment: { ...environment, PATH, TEMPONEST_BACKUPS_CONFIG: withPassphrase } };
}

test(
  'every command of docs/break-glass.md does what the page says',
  async () => {
    const page = await readPageCommands(join(project, 'docs', 'break-glass.md'));
    await using postgres = await makePostgres();
    await using newServer = await startPostgres();
    await using temporal = await startTemporalDevServer();
    await using s3 = await startMinio();
    await using key = await makeGpgHome('backups@test.invalid', { passphrase: PASSPHRASE });
    const databases = ['temporal', 'temporal_visibility'];
    await using system = await startBackupSystem({
      ...{ databases, postgres, temporal, store: 's3', s3, encryption: 'gpg', key },
      server: { globals: true },
    });
    const { backups } = await system.backUp();
    const ids = backups.map((backup) => ('backupId' in backup ? backup.backupId : ''));
    const { desk, environment } = await makeDesk(system, newServer);

    const run = async (heading: string, more: Record<string, string> = {}) => {
      const commands = page
        .take(heading)
        .replaceAll('new-db ', `${newServer.host} --port ${newServer.port} `)
        .replaceAll('/root/new-db-password', join(desk, 'new-db-password'))
        .replaceAll('s3://bucket/prefix', system.store.url)
        .replaceAll('https://s3.example', s3.endpoint)
        .replaceAll(
          'temporal_20261124_020000',
          ids.find((id) => /^temporal_\d/.test(id))!,
        )
        // What it asks is asked of a terminal only.
        .replaceAll('--swap', '--swap --yes');
      const env = { ...environment, ...more };
      const options = { cwd: desk, env, extendEnv: false, stdin: 'ignore', all: true } as const;
      return (await execa('sh', ['-e', '-c', commands], options)).all;
    };

    await run('Before: what belongs in the safe');
    expect(await readFile(join(desk, 'rescue.txt'), 'utf8')).toContain(system.store.url);

    const oneDatabase = 'One database, and Temporal with it';
    await postgres.query('temporal', 'DROP TABLE executions');
    expect(await run(oneDatabase)).toMatch(/^Replaces +temporal [^]*^Lacks +nothing$/m);
    expect(await run(oneDatabase)).toContain('undo-swap');
    expect(await countRows(postgres, 'temporal', 'executions')).toBe(100);
    await run(oneDatabase);
    expect(await countRows(postgres, 'temporal_look', 'executions')).toBe(100);
    const tables = `SELECT relname FROM pg_stat_user_tables ORDER BY 1`;
    expect(await postgres.query('temporal_few', tables)).toEqual([
      { relname: 'executions' },
      { relname: 'namespaces' },
    ]);

    await run('The PostgreSQL server');
    expect(await databasesOf(newServer)).toEqual(['postgres', 'template0', 'template1', ...databases].sort());
    await newServer.query('postgres', 'DROP DATABASE temporal');
    expect(await run('The PostgreSQL server')).toMatch(/^temporal_visibility +was there already$/m);
    expect(await countRows(newServer, 'temporal', 'executions')).toBe(100);

    for (const name of databases) await newServer.query('postgres', `DROP DATABASE ${name}`);
    const lost = { TEMPONEST_BACKUPS_CONFIG: join(desk, 'lost.yaml') };
    const shown = await run('Without backups.yaml', lost);
    expect(shown).toContain(`gpg to ${key.fingerprint}`);
    await run('Without backups.yaml', lost);
    expect(await countRows(newServer, 'temporal', 'executions')).toBe(100);

    const restore = await system.client.workflow.start('restoreDatabase', {
      ...{ taskQueue: 'nobody', workflowId: 'restore-of-last-night' },
    });
    const again = 'When Temporal starts again';
    expect(await run(again)).toContain('restore-of-last-night');
    await run(again);
    expect((await restore.describe()).status.name).toBe('TERMINATED');
    expect(await run(again)).toMatch(/^temporal +committed /m);

    expect(page.rest()).toEqual([]);
  },
  PATIENCE,
);
