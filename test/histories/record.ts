// `npm run histories:record`: runs every workflow type through its ways on real servers and writes down the histories,
// for test/workflows/replay.test.ts. To be run when a change of the workflows is meant to leave no run unfinished.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { notificationId } from '../../src/model/notification.js';
import { MAIN_QUEUE, operationId } from '../../src/model/queues.js';
import { withSession } from '../../tools/data/server-session.js';
import ensureBuild from '../../tools/ensure-build.js';
import { startPostgres } from '../../tools/servers/postgres.js';
import { startTemporalDevServer, type TemporalServer } from '../../tools/servers/temporal.js';
import { waitForFailedAttempt } from '../support/activity-attempts.js';
import { SERVER, startBackupSystem, type BackupSystem } from '../support/backup-system.js';
import { pretendToArchive, startBase, untilAwaitingWal } from '../support/base-runs.js';
import { startHeldSystem, startSharedServers, type SharedServers } from '../support/held-backup.js';
import { startHeldRestoreSystem } from '../support/held-restore.js';
import { prepareOtherHost } from '../support/other-host.js';
import { directoryReplica } from '../support/replica-stores.js';
import { sampleManifest } from '../support/sample-manifest.js';
import { nameBackup, subjectOf } from '../support/seed-backup.js';
import { textsOf } from '../support/texts-of.js';
import { waitUntil } from '../support/wait-until.js';

const directory = import.meta.dirname;
const signal = new AbortController().signal;
const DAY = 86_400_000;

type Servers = SharedServers & { temporal: TemporalServer };

/** What no history may hold. */
const secrets: string[] = [];

/** Who recorded, and where the code lay, is of no use to a replay and nobody's business. */
const withoutOrigin = (key: string, value: unknown) =>
  key === 'identity' ? 'recorded' : key === 'stackTrace' ? '' : value;

/** Waits until a workflow has ended, however, and writes its history to `<name>.json`, an event a line. */
async function record(name: string, handle: WorkflowHandle): Promise<void> {
  await handle.result().catch(() => undefined);
  const history = await handle.fetchHistory();
  if (textsOf(history).some((text) => secrets.some((secret) => text.includes(secret))))
    throw new Error(`The history of ${name} holds a secret.`);
  const { events } = JSON.parse(historyToJSON(history)) as { events: object[] };
  const lines = events.map((event) => JSON.stringify(event, withoutOrigin));
  await writeFile(join(directory, `${name}.json`), `{"events":[\n${lines.join(',\n')}\n]}\n`);
  console.log(`${name}: ${events.length} events`);
}

function start(system: BackupSystem, workflowType: string, argument: object): Promise<WorkflowHandle> {
  const workflowId = `${workflowType}-${crypto.randomUUID()}`;
  return system.client.workflow.start(workflowType, { taskQueue: MAIN_QUEUE, workflowId, args: [argument] });
}

const operationOn = (system: BackupSystem, database: string) =>
  system.client.workflow.getHandle(operationId({ kind: 'database', server: SERVER, database }));

async function recordOneBackup(servers: Servers): Promise<void> {
  await using system = await startHeldSystem('dump', servers, {
    ...{ temporal: servers.temporal, databases: ['app', 'gone'] },
    server: { lockWaitTimeout: '1s' },
  });
  const cancelled = await system.startBackup('app');
  await system.held();
  await record('backup-database-already-running', await start(system, 'backupDatabase', { database: 'app' }));
  await cancelled.cancel();
  await record('backup-database-cancelled', cancelled);

  await record('backup-database-by-hand', await start(system, 'backupDatabase', { database: 'app' }));
  await record('backup-database-gpg', operationOn(system, 'app'));
  await record('backup-database-unknown', await start(system, 'backupDatabase', { database: 'gone' }));
  await record('backup-database-wrong-argument', await start(system, 'backupDatabase', { datenbank: 'app' }));

  const retried = await withSession(servers.postgres, 'app', async (session) => {
    await session.query('BEGIN; LOCK TABLE kept IN ACCESS EXCLUSIVE MODE');
    const backup = await system.startBackup('app');
    await waitForFailedAttempt(backup, 'dump');
    return backup;
  });
  await record('backup-database-retried', retried);
  await record('backup-databases-partial-failure', await start(system, 'backupDatabases', {}));
}

async function recordCancelledRun(servers: Servers): Promise<void> {
  await using system = await startHeldSystem('dump', servers, { temporal: servers.temporal });
  const run = await start(system, 'backupDatabases', {});
  await system.held();
  await run.cancel();
  await record('backup-databases-cancelled', run);
}

async function recordNightlyRun(servers: Servers): Promise<void> {
  await using system = await startBackupSystem({
    ...{ postgres: servers.postgres, temporal: servers.temporal, databases: ['app'] },
    server: { globals: true },
  });
  for (let night = 1; night <= 40; night += 1) {
    const { subject, id, artifact, manifest } = nameBackup(
      subjectOf(SERVER, 'app'),
      new Date(Date.now() - night * DAY),
    );
    await system.store.putDocument(artifact, Buffer.from('four'), signal);
    await system.store.putDocument(
      manifest,
      Buffer.from(JSON.stringify(sampleManifest(subject, id, 4))),
      signal,
    );
  }
  await record('prune-backups-dry-run', await start(system, 'pruneBackups', { dryRun: true }));
  const run = await start(system, 'backupDatabases', { reason: 'recorded' });
  await record('backup-databases', run);
  await record('backup-database', operationOn(system, 'app'));
  const globals = operationId({ kind: 'globals', server: SERVER });
  await record('backup-globals', system.client.workflow.getHandle(globals));
  await record('prune-backups', system.client.workflow.getHandle(`${run.workflowId}/prune`));
}

async function recordRestores(servers: Servers): Promise<void> {
  await using system = await startBackupSystem({
    ...{ postgres: servers.postgres, temporal: servers.temporal, databases: ['app'] },
    ...{ encryption: 'gpg', key: servers.key },
    server: { globals: true },
    configuration: { approvals: { provider: 'signal', approvers: ['ann', 'bob'] } },
  });
  await system.backUp();
  const restore = (argument: object = {}) =>
    start(system, 'restoreDatabase', { database: 'app', ...argument });
  await record('restore-database', await restore());
  await record('hold-operation', operationOn(system, 'app'));
  await record('restore-database-dry-run', await restore({ dryRun: true, mode: 'swap' }));
  await record('restore-database-target-exists', await restore({ into: { database: 'app' } }));

  const denied = await restore({ mode: 'swap' });
  await denied.signal('approval_signal', { status: 'denied', approver: 'ann' });
  await record('restore-database-denied', denied);
  const { runId } = await denied.describe();
  const told = notificationId({ workflowId: denied.workflowId, runId });
  await record('notify-channels', system.client.workflow.getHandle(told));
  const swapped = await restore({ mode: 'swap' });
  await swapped.signal('approval_signal', 'nonsense');
  for (const approver of ['ann', 'bob'])
    await swapped.signal('approval_signal', { status: 'approved', approver });
  await record('restore-database-swap', swapped);

  await record('drill-restore', await start(system, 'drillRestore', {}));
  for await (const { key } of system.store.list('postgres/', signal))
    if (key.endsWith('.gpg')) await system.store.delete(key, signal);
  await record('drill-restore-failed', await start(system, 'drillRestore', {}));
}

async function recordCancelledRestore(servers: Servers): Promise<void> {
  await using system = await startHeldRestoreSystem('restore', servers);
  const cancelled = await system.startRestore();
  await system.held();
  await cancelled.cancel();
  await record('restore-database-cancelled', cancelled);
}

async function recordBaseBackups(servers: Servers): Promise<void> {
  await using system = await startBackupSystem({
    ...{ postgres: servers.postgres, temporal: servers.temporal, databases: ['app'] },
    server: { wal: {} },
  });
  const run = await start(system, 'backupCluster', { reason: 'recorded' });
  const base = system.client.workflow.getHandle(operationId({ kind: 'base', server: SERVER }));
  await waitUntil('the base backup is begun', () =>
    base.describe().then(
      () => true,
      () => false,
    ),
  );
  await untilAwaitingWal(base);
  await record('backup-cluster-already-running', await start(system, 'backupCluster', {}));
  await pretendToArchive(system);
  await record('backup-cluster-by-hand', run);
  await record('backup-cluster', base);
  const cancelled = await startBase(system);
  await untilAwaitingWal(cancelled);
  await cancelled.cancel();
  await record('backup-cluster-cancelled', cancelled);
  await record('backup-cluster-wrong-argument', await start(system, 'backupCluster', { database: 'app' }));
}

async function recordArchivers(servers: Servers): Promise<void> {
  await using postgres = await startPostgres();
  secrets.push(postgres.password);
  await using system = await startBackupSystem({
    ...{ postgres, temporal: servers.temporal, databases: ['postgres'] },
    server: { wal: {} },
  });
  await record('archive-wal-wrong-argument', await start(system, 'archiveWal', { database: 'app' }));
  const scheduled = await start(system, 'archiveWal', {});
  const archiver = system.client.workflow.getHandle(operationId({ kind: 'wal', server: SERVER }));
  await waitUntil('WAL streams', async () => {
    const query = `SELECT FROM pg_stat_replication WHERE state = 'streaming'`;
    return (await postgres.query('postgres', query)).length > 0;
  });
  await record('archive-wal-already-running', await start(system, 'archiveWal', {}));
  await record('verify-backups', await start(system, 'verifyBackups', {}));
  await record('verify-backups-wrong-argument', await start(system, 'verifyBackups', { database: 'app' }));
  // The server removes what is not archived yet: a gap.
  await system.worker.kill('SIGKILL');
  await waitUntil('nothing streams', async () => {
    return (await postgres.query('postgres', 'SELECT FROM pg_stat_replication')).length === 0;
  });
  await postgres.query('postgres', 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
  for (let segment = 0; segment < 3; segment++) {
    await postgres.query('postgres', 'CREATE TABLE t (); DROP TABLE t; SELECT pg_switch_wal()');
    await postgres.query('postgres', 'CHECKPOINT');
  }
  await system.worker.start();
  const base = system.client.workflow.getHandle(operationId({ kind: 'base', server: SERVER }));
  await waitUntil('a base backup closes the gap', () =>
    base.result().then(
      () => true,
      () => false,
    ),
  );
  await scheduled.cancel();
  await record('archive-wal-by-schedule', scheduled);
  await record('archive-wal-gap', archiver);
}

async function recordRecoveries(servers: Servers): Promise<void> {
  await using postgres = await startPostgres();
  secrets.push(postgres.password);
  await postgres.query('postgres', 'CREATE DATABASE app');
  await using system = await startBackupSystem({
    ...{ postgres, temporal: servers.temporal, databases: ['app'], encryption: 'gpg', key: servers.key },
    server: { wal: {} },
    configuration: { approvals: { provider: 'signal', approvers: ['ann', 'bob'] } },
  });
  const recover = (argument: object) =>
    start(system, 'recoverToPointInTime', { server: SERVER, ...argument });
  const archiving = await start(system, 'archiveWal', {});
  await (await start(system, 'backupCluster', {})).result();
  const [now] = await postgres.query<{ time: string }>(
    'postgres',
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS time`,
  );
  const moment = { targetTime: now!.time, database: 'app' };
  await record('recover', await recover(moment));
  await record('recover-dry-run', await recover({ ...moment, dryRun: true }));
  await record('recover-wrong-argument', await recover({}));
  await record('recover-out-of-window', await recover({ ...moment, targetTime: '2020-01-01T00:00:00Z' }));

  const denied = await recover({ latest: true, into: { directory: join(system.scratch, 'denied') } });
  await denied.signal('approval_signal', { status: 'denied', approver: 'ann' });
  await record('recover-denied', denied);
  const whole = await recover({ latest: true, into: { directory: join(system.scratch, 'data') } });
  await whole.signal('approval_signal', { status: 'approved', approver: 'ann' });
  await record('recover-server', whole);
  const swapped = await recover({ ...moment, mode: 'swap' });
  for (const approver of ['ann', 'bob'])
    await swapped.signal('approval_signal', { status: 'approved', approver });
  await record('recover-swap', swapped);
  await archiving.cancel();
  await archiving.result().catch(() => undefined);
  await rm(join(system.stagingDirectory, 'wal'), { recursive: true, force: true });
}

async function recordDisasters(servers: Servers): Promise<void> {
  await using postgres = await startPostgres();
  secrets.push(postgres.password);
  await postgres.query('postgres', 'CREATE DATABASE app');
  const broken = join(directory, 'broken');
  await using system = await startBackupSystem({
    ...{ postgres, temporal: servers.temporal, databases: ['app'] },
    server: { wal: { maxAge: '1s' }, checks: { app: ['SELECT current_database() IS NOT NULL'] } },
    configuration: {
      approvals: { provider: 'none' },
      restore: { cutover: [{ step: 'redirect traffic', command: ['/usr/bin/test', '!', '-e', broken] }] },
    },
  });
  const archiving = await start(system, 'archiveWal', {});
  await (await start(system, 'backupCluster', {})).result();
  const recover = (name: string) =>
    start(system, 'recoverServer', { into: { directory: join(system.scratch, name) } });
  await record('recover-lost-server', await recover('whole'));
  await writeFile(broken, '');
  try {
    await record('recover-lost-server-cutover-failed', await recover('broken'));
  } finally {
    await rm(broken);
  }
  await record('recover-lost-server-wrong-argument', await start(system, 'recoverServer', {}));
  await record('drill-disaster', await start(system, 'drillDisasterRecovery', {}));
  await archiving.cancel();
  await archiving.result().catch(() => undefined);
  await postgres.stop();
  await record('drill-disaster-server-gone', await start(system, 'drillDisasterRecovery', {}));
  await rm(join(system.stagingDirectory, 'wal'), { recursive: true, force: true });
}

async function recordCarriedServer(servers: Servers): Promise<void> {
  await using postgres = await startPostgres();
  await using empty = await startPostgres();
  secrets.push(postgres.password, empty.password);
  for (const sql of ['CREATE ROLE app', 'CREATE DATABASE app OWNER app'])
    await postgres.query('postgres', sql);
  const passwords = await mkdtemp(join(tmpdir(), 'tb-passwords-'));
  const describeServer = async (name: string, { host, port, user, password }: typeof postgres) => {
    const passwordFile = join(passwords, name);
    await writeFile(passwordFile, password, { mode: 0o600 });
    return { name, host, port, user, passwordFile };
  };
  await using system = await startBackupSystem({
    ...{ postgres, temporal: servers.temporal, databases: ['app'] },
    configuration: {
      servers: [
        { ...(await describeServer(SERVER, postgres)), wal: { maxAge: '1s' } },
        await describeServer('empty', empty),
      ],
      approvals: { provider: 'none' },
    },
  });
  const archiving = await start(system, 'archiveWal', { server: SERVER });
  await (await start(system, 'backupCluster', { server: SERVER })).result();
  const recover = (argument: object) =>
    start(system, 'recoverServer', { server: SERVER, into: { server: 'empty' }, ...argument });
  await record('recover-into-server-dry-run', await recover({ dryRun: true }));
  await record('recover-into-server', await recover({}));
  await record('recover-into-server-not-empty', await recover({}));
  await archiving.cancel();
  await archiving.result().catch(() => undefined);
  await rm(join(system.stagingDirectory, 'wal'), { recursive: true, force: true });
  await rm(passwords, { recursive: true });
}

async function recordReplication(servers: Servers): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'tb-replica-'));
  try {
    await using system = await startBackupSystem({
      ...servers,
      ...{ databases: ['app'], encryption: 'gpg', replicas: [await directoryReplica(scratch)] },
    });
    await (await system.startBackup('app')).result();
    await record('replicate', await start(system, 'replicate', { server: SERVER, store: 'offsite' }));
    await record('replicate-wrong-argument', await start(system, 'replicate', { server: SERVER }));
  } finally {
    await rm(scratch, { recursive: true });
  }
}

async function recordLostRestoreHost(servers: Servers): Promise<void> {
  await using system = await startHeldRestoreSystem('restore', servers);
  const restore = await system.startRestore({ mode: 'swap' });
  await system.held();
  await system.worker.kill('SIGKILL');
  const worker = await prepareOtherHost(system);
  await worker.start();
  try {
    await record('restore-database-host-lost', restore);
  } finally {
    await worker.stop();
  }
  await system.worker.start();
  await (await system.startRestore()).result();
}

async function recordLostHost(servers: Servers): Promise<void> {
  await using system = await startHeldSystem('upload', servers, { temporal: servers.temporal });
  const backup = await system.startBackup('app');
  await system.held();
  await system.worker.kill('SIGKILL');

  const worker = await prepareOtherHost(system);
  await worker.start();
  try {
    await record('backup-database-host-lost', backup);
  } finally {
    await worker.stop();
  }
  // The lost host clears up when it is back.
  await system.worker.start();
  await (await system.startBackup('app')).result();
}

await ensureBuild();
for (const file of await readdir(directory)) if (file.endsWith('.json')) await rm(join(directory, file));
await using shared = await startSharedServers();
await using temporal = await startTemporalDevServer();
secrets.push(shared.postgres.password, shared.s3.secretAccessKey);
const servers = { ...shared, temporal };
await recordOneBackup(servers);
await recordCancelledRun(servers);
await recordNightlyRun(servers);
await recordLostHost(servers);
await recordReplication(servers);
await recordBaseBackups(servers);
await recordArchivers(servers);
await recordRestores(servers);
await recordRecoveries(servers);
await recordDisasters(servers);
await recordCarriedServer(servers);
await recordCancelledRestore(servers);
await recordLostRestoreHost(servers);
