import { appendFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { pretendToArchive, startBase, untilAwaitingWal } from '../../support/base-runs.js';
import { shareInFile } from '../../support/share-in-file.js';
import { waitUntil } from '../../support/wait-until.js';
import { expectWholeBase, startBaseServers, startBaseSystem } from './base-tests.js';

const servers = shareInFile(startBaseServers);

/** Starts a server that follows another one. */
async function startStandby(primary: PostgresServer): Promise<PostgresServer> {
  const standby = await startPostgres();
  await standby.kill();
  await rm(standby.dataDirectory, { recursive: true });
  const command = [
    join(primary.binDirectory, 'pg_basebackup'),
    ...['--write-recovery-conf', '--checkpoint=fast', `--pgdata=${standby.dataDirectory}`],
    ...['--host', primary.host, '--port', String(primary.port), '--username', primary.user],
  ];
  const asOwner = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', ...command] : command;
  await execa(asOwner[0]!, asOwner.slice(1), {
    env: { PGPASSWORD: primary.password },
    cwd: '/',
    stdin: 'ignore',
  });
  await appendFile(
    join(standby.dataDirectory, 'postgresql.conf'),
    `port = ${standby.port}\nunix_socket_directories = '${dirname(standby.dataDirectory)}'\n`,
  );
  // It has the primary's password, of which its own harness does not know.
  const rules = ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'];
  await writeFile(join(standby.dataDirectory, 'pg_hba.conf'), `${rules.join('\n')}\n`);
  await standby.start();
  return standby;
}

it('a standby is backed up as a primary is', async () => {
  const { postgres: primary, temporal } = servers();
  await using standby = await startStandby(primary);
  const dispose = () => Promise.resolve();
  await using system = await startBaseSystem({ postgres: standby, temporal, [Symbol.asyncDispose]: dispose });
  const handle = await startBase(system);
  await untilAwaitingWal(handle);
  // What the standby needs of the log, its primary has written.
  await primary.query('postgres', 'SELECT pg_switch_wal()');
  await waitUntil('the standby has all of it', async () => {
    const [row] = await primary.query<{ done: boolean }>(
      'postgres',
      'SELECT replay_lsn = pg_current_wal_lsn() AS done FROM pg_stat_replication',
    );
    return row?.done;
  });
  await pretendToArchive({ postgres: primary, store: system.store });
  const { backupId, timeline } = await handle.result();
  expect(timeline).toBe(1);
  await expectWholeBase(system, backupId);
});
