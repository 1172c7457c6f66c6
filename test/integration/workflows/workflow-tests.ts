import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { Activities } from '../../../src/activities/index.js';
import type { RecoverToPointInTimeArgument, RestoreDatabaseArgument } from '../../../src/model/arguments.js';
import type { AuditEvent } from '../../../src/model/audit.js';
import type { BasePlan } from '../../../src/model/base-plan.js';
import { makeReport } from '../../../src/drills/store-report.js';
import { summarizeReport } from '../../../src/model/drill-verdict.js';
import { isRetryable, type FailureType } from '../../../src/model/failures.js';
import { makeBackupId } from '../../../src/model/names.js';
import { notificationId, type NotificationEvent } from '../../../src/model/notification.js';
import { BASE_NAME } from '../../../src/model/physical-keys.js';
import type { BackupPlan } from '../../../src/model/plan.js';
import { MAIN_QUEUE, RESTORE_QUEUE, stagingQueue } from '../../../src/model/queues.js';
import type { RecoveryPlan } from '../../../src/model/recovery.js';
import type { RestorePlan } from '../../../src/model/restore.js';
import { searchAttributeKeys } from '../../../src/model/search-attributes.js';
import { installTemporalTestServer } from '../../../tools/install/install-temporal-test-server.js';

/** Which staging volume has a worker that listens. */
export const LIVE = stagingQueue('live');
/** What a call is recorded by: the step, and the backup that it is of. */
export interface Call {
  step: keyof Activities;
  id?: string;
}

/** Activities that do nothing but say that they were called, and believable results. */
export interface Steps {
  calls: Call[];
  notifications: NotificationEvent[];
  audited: AuditEvent[];
  activities: Activities;
}

let environment: TestWorkflowEnvironment;
let workflowBundle: WorkflowBundle;

/** Sets up the server and the bundle for all tests of a file. */
export function useWorkflowTests(): void {
  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const path = await installTemporalTestServer();
    environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
    });
    const { operatorService } = environment.connection;
    const attributes = Object.keys(searchAttributeKeys).map((name) => [name, 2] as const);
    await operatorService.addSearchAttributes({
      namespace: environment.namespace ?? 'default',
      searchAttributes: Object.fromEntries(attributes),
    });
    workflowBundle = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../../../src/workflows/index.ts', import.meta.url)),
      workflowInterceptorModules: [fileURLToPath(new URL('hurried-runs.ts', import.meta.url))],
      logger: new DefaultLogger('ERROR'),
    });
  });
  afterAll(() => environment.teardown());
}

/** A failure as activities throw it. */
export function failure(type: FailureType, message = `${type} happened`): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: !isRetryable(type) });
}

/** A step that goes on until it is cancelled. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 50);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(beat);
  }
}

let second = 0;

/** The steps of a backup that succeeds; `over` replaces some. */
export function makeSteps(over: Partial<Activities> = {}): Steps {
  const calls: Call[] = [];
  const notifications: NotificationEvent[] = [];
  const audited: AuditEvent[] = [];
  const planOf = (database: string | undefined): BackupPlan => ({
    subject:
      database === undefined
        ? { kind: 'globals', server: 'main' }
        : { kind: 'database', server: 'main', database },
    id: makeBackupId(database ?? 'globals', new Date(1_777_777_777_000 + 1000 * second++)),
    major: 16,
    stagingBytes: 1000,
    expectedBytes: 800,
    dump: { jobs: 2, lockWaitTimeoutSeconds: 60, excludeTables: [], excludeTableData: [], nice: 0 },
    compression: { method: 'zstd', level: 1 },
    encryption: { method: 'gpg', recipients: ['F'.repeat(40)] },
    primaryStore: 'primary',
    heartbeatSeconds: 30,
  });
  const sha256 = 'a'.repeat(64);
  const steps: Activities = {
    planBackups: ({ databases }) =>
      Promise.resolve({
        server: 'main',
        databases: (databases ?? ['large', 'small']).map((database) => ({ database, expectedBytes: 800 })),
        includeGlobals: databases === undefined,
        concurrency: 2,
      }),
    planBackup: ({ database }) => Promise.resolve(planOf(database)),
    planDisasterDrill: () => Promise.reject(failure('Unexpected', 'not in these tests')),
    planDrilledRecovery: () => Promise.reject(failure('Unexpected', 'not in these tests')),
    listCutoverSteps: () => Promise.resolve([]),
    runCutoverStep: () => Promise.resolve(),
    sendCanary: () => Promise.resolve(undefined),
    checkRecovered: () => Promise.resolve({ canary: 'notSent', databases: [] }),
    reportDisasterDrill: () => Promise.reject(failure('Unexpected', 'not in these tests')),
    findArchiver: () => Promise.reject(failure('Unexpected', 'not in these tests')),
    planWal: () => Promise.reject(failure('Unexpected', 'not in these tests')),
    archiveWal: () => Promise.reject(failure('Unexpected', 'not in these tests')),
    replicate: () => Promise.resolve({ objects: 0, bytes: 0, faults: [] }),
    startReplication: () => Promise.resolve(),
    replicateStaged: () => Promise.resolve([]),
    verifyWal: () => Promise.resolve({ server: 'main', critical: 0, warnings: 0, findings: [] }),
    planVerification: () =>
      Promise.resolve({
        ...{ id: 'verify_20260503_060000', server: 'main', startedAt: '2026-05-03T06:00:00.000Z' },
        readBackDays: 30,
      }),
    readBackStores: () => Promise.resolve({ objects: 0, bytes: 0, ofObjects: 0, ofBytes: 0, days: 30 }),
    examineBackups: () =>
      Promise.resolve({
        result: { server: 'main', critical: 0, warnings: 0, findings: [] },
        ...{ appeared: [], resolved: [] },
      }),
    findWalHost: () => Promise.resolve(undefined),
    shipPartialWal: () => Promise.resolve(undefined),
    reserveStaging: () => Promise.resolve({ queue: LIVE }),
    dump: () => Promise.resolve({ bytes: 900, tables: 3, rows: 30 }),
    compress: () => Promise.resolve({ bytes: 300, sha256 }),
    readBack: () => Promise.resolve(),
    encrypt: () => Promise.resolve({ bytes: 310, sha256 }),
    upload: (_plan, { bytes }) => Promise.resolve({ bytes, sha256 }),
    verify: () => Promise.resolve(),
    commit: ({ id }) => Promise.resolve({ manifestKey: `${id}.manifest.json`, artifactKey: `${id}.gpg` }),
    releaseStaging: () => Promise.resolve(),
    discardUpload: () => Promise.resolve(),
    prune: () =>
      Promise.resolve({
        server: 'main',
        dryRun: false,
        kept: 5,
        deleted: 2,
        orphansSwept: 0,
        walDeleted: 0,
        decisions: [],
      }),
    planBaseBackup: () => Promise.resolve(makeBasePlan()),
    baseBackup: ({ incrementalTo }) =>
      Promise.resolve({
        artifact: { bytes: 310, sha256 },
        dataBytes: 900,
        wal: { timeline: 1, startLsn: '0/2000028', stopLsn: '0/3000000', segmentBytes: 1 << 24 },
        stopTime: '2026-05-03T03:09:37.000Z',
        ...(incrementalTo === undefined ? {} : { incrementalTo }),
      }),
    awaitWal: () => Promise.resolve(),
    commitBaseBackup: ({ id }) =>
      Promise.resolve({ manifestKey: `${id}.manifest.json`, artifactKey: `${id}.tar.zst.gpg` }),
    listChannels: () => Promise.resolve(['webhook 1']),
    planRestore: (argument) => Promise.resolve(makeRestorePlan(argument)),
    reserveRestoreStaging: () => Promise.resolve({ queue: LIVE }),
    download: () => Promise.resolve([]),
    unpack: () => Promise.resolve(),
    createRoles: () => Promise.resolve({ created: ['app'], omittedMemberships: [] }),
    restore: () => Promise.resolve(),
    compare: () => Promise.resolve({ tables: 3, rows: 30, bytes: 900, notes: [] }),
    swap: ({ replaces }) =>
      Promise.resolve({
        database: replaces!.becomes,
        undo: `temponest-backups undo-swap ${replaces!.becomes}`,
      }),
    discardRestored: () => Promise.resolve(),
    releaseRestoreStaging: () => Promise.resolve(),
    planRecovery: (argument) => Promise.resolve(makeRecoveryPlan(argument)),
    reserveRecoveryStaging: () => Promise.resolve({ queue: LIVE }),
    downloadBase: () => Promise.resolve([]),
    unpackBase: () => Promise.resolve({ notes: [] }),
    replayWal: () => Promise.resolve({ lsn: '0/5000148', timeline: 2, databases: ['agentic'] }),
    handOver: ({ outcome }) =>
      Promise.resolve({
        directory: outcome.kind === 'directory' ? outcome.directory : '',
        owner: 'postgres',
      }),
    extract: ({ outcome }) =>
      Promise.resolve({
        ...makeRestorePlan({
          database: 'agentic',
          ...(outcome.kind === 'database' ? { database: outcome.database, mode: outcome.mode } : {}),
        }),
        recovered: true,
      }),
    outlineServer: () =>
      Promise.resolve([
        { database: 'agentic', made: 'agentic', ofServer: 0 },
        { database: 'postgres', made: 'postgres_restored', becomes: 'postgres_before', ofServer: 1 },
      ]),
    createServerRoles: () => Promise.resolve(),
    extractOfServer: (_plan, _point, { database, ofServer }) =>
      Promise.resolve({ ...makeRestorePlan({ database }), recovered: true, ofServer }),
    completeServer: () => Promise.resolve(2),
    discardServer: () => Promise.resolve(),
    releaseRecoveryStaging: () => Promise.resolve(),
    planDrill: () => Promise.reject(failure('Unexpected', 'not in these tests')),
    reserveDrillStaging: () => Promise.resolve({ queue: LIVE }),
    bootScratchServer: () => Promise.resolve(),
    climb: () => Promise.resolve({ outcome: 'passed', said: [] }),
    descend: () => Promise.resolve(),
    reportDrill: (plan, outcome) =>
      Promise.resolve(summarizeReport(makeReport(plan, outcome), 'drills/report.json')),
    releaseDrillStaging: () => Promise.resolve(),
    requestApproval: () => Promise.resolve({ approvalId: 'none' }),
    readApproval: () => Promise.resolve({ status: 'pending' }),
    recordAudit: (event) => {
      audited.push(event);
      return Promise.resolve();
    },
    notify: (event) => {
      notifications.push(event);
      return Promise.resolve();
    },
    ...over,
  };
  const recorded = Object.entries(steps).map(([step, run]) => [
    step,
    (...args: unknown[]) => {
      const { id } = (args[0] ?? {}) as Partial<BackupPlan>;
      calls.push({ step: step as keyof Activities, ...(id === undefined ? {} : { id }) });
      return (run as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return { calls, notifications, audited, activities: Object.fromEntries(recorded) as Activities };
}

/** The plan of a base backup. */
function makeBasePlan(): BasePlan {
  return {
    subject: { kind: 'base', server: 'main', systemIdentifier: '7520361935213404212' },
    id: makeBackupId(BASE_NAME, new Date(1_777_777_777_000 + 1000 * second++)),
    major: 16,
    layout: 'stream',
    keepsBackupManifest: false,
    stagingBytes: 1000,
    expectedBytes: 800,
    nice: 0,
    compression: { method: 'zstd', level: 1 },
    encryption: { method: 'gpg', recipients: ['F'.repeat(40)] },
    primaryStore: 'primary',
    heartbeatSeconds: 30,
  };
}

/** The plan of a recovery: of one database, or of the server into a directory or an empty one, which needs one approval. */
export function makeRecoveryPlan({
  database,
  into,
  mode = 'beside',
}: RecoverToPointInTimeArgument): RecoveryPlan {
  const { replaces } = makeRestorePlan({ database: database ?? '', mode });
  const needed = database === undefined ? 1 : mode === 'swap' ? 2 : 0;
  return {
    id: makeBackupId(database ?? 'server', new Date(1_777_777_777_000)),
    server: 'main',
    systemIdentifier: '7520361935213404212',
    store: 'primary',
    target: { kind: 'time', time: '2026-05-03T14:29:00Z' },
    baseBackup: {
      id: 'base_20260503_010000',
      stopTime: '2026-05-03T01:01:00.000Z',
      bytes: 310,
      dataBytes: 900,
    },
    wal: { timeline: 1, segments: 3, segmentBytes: 1 << 24, last: '000000010000000000000005', bytes: 100 },
    isUpToDate: true,
    outcome:
      database === undefined && into?.server !== undefined
        ? { kind: 'server', into: into.server }
        : database === undefined
          ? { kind: 'directory', directory: into!.directory! }
          : {
              ...{ kind: 'database', database, mode },
              into: { server: 'main', database: `${database}_restored` },
              ...(replaces ? { replaces } : {}),
            },
    estimatedSeconds: 60,
    missingStagingBytes: 0,
    approval: { provider: 'signal', needed, approvers: ['ann', 'bob', 'cyd'], timeoutSeconds: 86_400 },
    ...{ major: 16, jobs: 2, stagingBytes: 2000, heartbeatSeconds: 30 },
  };
}

/** The plan of a restore that needs no approval; a swap needs two. */
export function makeRestorePlan({ database, mode = 'beside' }: RestoreDatabaseArgument): RestorePlan {
  return {
    backup: {
      server: 'main',
      database,
      id: makeBackupId(database, new Date(1_777_777_777_000)),
      snapshotTime: '2026-05-03T03:09:37.000Z',
      ageSeconds: 3600,
      bytes: 310,
      dumpBytes: 900,
      tables: 3,
      rows: 30,
    },
    store: 'primary',
    into: { server: 'main', database: `${database}_restored` },
    mode,
    createRoles: false,
    ...(mode === 'swap' ? { replaces: { database, bytes: 1000, becomes: `${database}_before` } } : {}),
    missing: { roles: [], extensions: [], stagingBytes: 0 },
    approval: {
      provider: 'signal',
      needed: mode === 'swap' ? 2 : 0,
      approvers: ['ann', 'bob', 'cyd'],
      timeoutSeconds: 86_400,
    },
    major: 16,
    jobs: 2,
    stagingBytes: 2000,
    heartbeatSeconds: 30,
  };
}

/** The names of the steps that were called, each row of tries counted once; without `readBack`, beside `encrypt`. */
export function stepNames({ calls }: Steps): string[] {
  return calls
    .map(({ step }) => step)
    .filter((step) => step !== 'readBack')
    .filter((step, index, all) => step !== all[index - 1]);
}

export function countCalls({ calls }: Steps, step: keyof Activities): number {
  return calls.filter((call) => call.step === step).length;
}

/**
 * Serves the main queue, the one staging volume that has a worker and, unless there is none, the restore workers' queue,
 * to the end of the test.
 */
export async function serve(
  { activities }: Steps,
  { hasRestoreWorker = true } = {},
): Promise<TestWorkflowEnvironment['client']> {
  const { nativeConnection: connection } = environment;
  const common = { connection, activities, maxHeartbeatThrottleInterval: 100 };
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: MAIN_QUEUE, workflowBundle }),
    Worker.create({ ...common, taskQueue: LIVE }),
    ...(hasRestoreWorker ? [Worker.create({ ...common, taskQueue: RESTORE_QUEUE })] : []),
  ]);
  const runs = Promise.all(workers.map((worker) => worker.run()));
  onTestFinished(async () => {
    await endOpenRuns();
    for (const worker of workers) worker.shutdown();
    await runs;
  });
  return environment.client;
}

/** Ends what a test has left under way: a step that nobody serves any more would keep the server from skipping time. */
async function endOpenRuns(): Promise<void> {
  const { connection, client, namespace = 'default' } = environment;
  const { executions } = await connection.workflowService.listOpenWorkflowExecutions({ namespace });
  for (const { execution } of executions)
    await client.workflow
      .getHandle(execution!.workflowId!, execution!.runId!)
      .terminate('the test is over')
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
}

/** What a run shows of itself in the list of workflows. */
export async function describeRun(workflowId: string): Promise<Record<string, unknown>> {
  const { status, memo, typedSearchAttributes } = await environment.client.workflow
    .getHandle(workflowId)
    .describe();
  const outcome = typedSearchAttributes.get(defineSearchAttributeKey('BackupOutcome', 'KEYWORD'));
  return { status: status.name, outcome, memo };
}

/** What the channels are told of how a run ended: by a workflow of its own, if by any. */
export async function notificationsOf(made: Steps, workflowId: string): Promise<NotificationEvent[]> {
  const { workflow } = environment.client;
  const { runId } = await workflow.getHandle(workflowId).describe();
  try {
    await workflow.getHandle(notificationId({ workflowId, runId })).result();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  // A later test may serve what an earlier one has left.
  return made.notifications.filter((event) => event.workflowId === workflowId);
}

/** What a workflow that is expected to fail ended with. */
export async function failureOf(run: Promise<unknown>): Promise<{ type?: string; message: string }> {
  const error: unknown = await run.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof WorkflowFailedError))
    throw new Error('The workflow did not fail.', { cause: error });
  let cause: Error | undefined = error.cause;
  while (cause?.cause instanceof Error) cause = cause.cause;
  return cause as Error & { type?: string };
}
