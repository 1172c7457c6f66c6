import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startPostgres } from '../../../tools/servers/postgres.js';
import { startTemporalDevServer } from '../../../tools/servers/temporal.js';
import type { BackupSystem, BackupSystemOptions } from '../../support/backup-system.js';
import { startBase, untilAwaitingWal } from '../../support/base-runs.js';
import { shareInFile } from '../../support/share-in-file.js';
import { listStore } from '../../support/whole-backup.js';
import { failureOf } from '../../support/workflow-failure.js';
import { startBaseSystem } from './base-tests.js';

const temporal = shareInFile(() => startTemporalDevServer());

async function makeServer(settings: Record<string, string> = {}) {
  const postgres = await startPostgres({ settings });
  return { postgres, temporal: temporal(), [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose]() };
}

/** Starts a base backup that must fail, leaving nothing, and answers with how. */
async function refusalOf(system: BackupSystem) {
  const failure = await failureOf(await startBase(system));
  expect(failure.message).toMatch(/^[^\n]+\.$/);
  expect(await listStore(system.store)).toEqual({ objects: [], unfinished: [] });
  expect(await system.listStaging()).toEqual([]);
  return failure;
}

async function makeUser(system: Awaited<ReturnType<typeof makeServer>>, attributes: string) {
  await system.postgres.query(
    'postgres',
    `CREATE ROLE "back up" LOGIN ${attributes} PASSWORD '${system.postgres.password}' IN ROLE pg_monitor`,
  );
  return { server: { user: 'back up' } } satisfies Partial<BackupSystemOptions>;
}

describe('a base backup is refused in one sentence, with what helps', () => {
  it.concurrent('where no WAL is archived', async () => {
    await using servers = await makeServer();
    await using system = await startBaseSystem(servers, { server: { wal: undefined } });
    const { type, message } = await refusalOf(system);
    expect(type).toBe('InvalidConfiguration');
    expect(message).toContain('add "wal: {}" to the server');
  });

  it.concurrent('where the server writes too little WAL', async () => {
    await using servers = await makeServer({ wal_level: 'minimal', max_wal_senders: '0' });
    await using system = await startBaseSystem(servers);
    const { type, message } = await refusalOf(system);
    expect(type).toBe('InvalidConfiguration');
    expect(message).toContain('set wal_level = replica');
  });

  it.concurrent('where nobody may connect for replication', async () => {
    await using servers = await makeServer({ max_wal_senders: '0' });
    await using system = await startBaseSystem(servers);
    expect((await refusalOf(system)).message).toContain('set max_wal_senders = 10');
  });

  it.concurrent('to a user who may not', async () => {
    await using servers = await makeServer();
    await using system = await startBaseSystem(servers, await makeUser(servers, ''));
    const { type, message } = await refusalOf(system);
    expect(type).toBe('PermissionDenied');
    expect(message).toContain('ALTER ROLE "back up" REPLICATION.');
  });

  it.concurrent('to a user whom pg_hba.conf keeps out, with the line that lets him in', async () => {
    await using servers = await makeServer();
    const { postgres } = servers;
    const rules = join(postgres.dataDirectory, 'pg_hba.conf');
    const before = await readFile(rules, 'utf8');
    await writeFile(rules, before.replace(/^host +replication.*$/gm, ''));
    await postgres.restart();
    await using system = await startBaseSystem(servers, await makeUser(servers, 'REPLICATION'));
    const { type, message } = await refusalOf(system);
    expect(type).toBe('AuthenticationFailed');
    const line = /add '(.*)' to its pg_hba\.conf/.exec(message)![1]!;
    expect(line).toBe('host replication "back up" 127.0.0.1/32 scram-sha-256');

    await writeFile(rules, `${before.replace(/^host +replication.*$/gm, '')}\n${line}\n`);
    await postgres.restart();
    const handle = await startBase(system);
    await untilAwaitingWal(handle);
    await handle.cancel();
    await failureOf(handle);
  });
});
