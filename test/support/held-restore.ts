import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { RestoreDatabaseArgument } from '../../src/model/arguments.js';
import { MAIN_QUEUE } from '../../src/model/queues.js';
import { provisionalName } from '../../src/postgres/restore-target.js';
import type { restoreDatabase } from '../../src/workflows/index.js';
import { startBackupSystem, type BackupSystem } from './backup-system.js';
import type { SharedServers } from './held-backup.js';
import { makeNamespace } from './temporal-namespace.js';
import { holdFirstRun, makeWrappedPrograms } from './wrapped-programs.js';

/** Moments in the middle of a restore, each by the program that is at work. */
const programs = {
  unpack: { name: 'tar', argument: '--extract' },
  restore: { name: 'pg_restore', argument: '--exit-on-error' },
} as const;
export type RestoreMoment = keyof typeof programs;
export const restoreMoments = Object.keys(programs) as RestoreMoment[];

export type RestoreHandle = WorkflowHandleWithFirstExecutionRunId<typeof restoreDatabase>;

/** A system with a backup of database `app`, whose first restore is held at one moment. */
export interface HeldRestoreSystem extends BackupSystem {
  startRestore: (argument?: Partial<RestoreDatabaseArgument>) => Promise<RestoreHandle>;
  held: () => Promise<void>;
  release: () => Promise<void>;
  /** All databases of the server that a restore of this system has made. */
  restoredDatabases: () => Promise<string[]>;
}

/** Starts it, and makes the backup. */
export async function startHeldRestoreSystem(
  moment: RestoreMoment,
  { postgres, temporal, key }: SharedServers,
): Promise<HeldRestoreSystem> {
  const wrapped = await makeWrappedPrograms();
  const { name, argument } = programs[moment];
  const program = await wrapped.wrap({
    ...{ name, argument, script: holdFirstRun },
    ...(name === 'pg_restore' ? { from: postgres.binDirectory } : {}),
  });
  const database = `app_${moment}_${crypto.randomUUID().slice(0, 8)}`;
  await postgres.query('postgres', `CREATE DATABASE ${database} TEMPLATE app`);
  const system = await startBackupSystem({
    databases: [database],
    postgres,
    temporal: await makeNamespace(temporal),
    encryption: 'gpg',
    key,
    programDirectories: [wrapped.directory],
    configuration: { approvals: { provider: 'none' } },
  });
  await system.backUp();
  // Other tests restore into the same server at the same time.
  const provisional: string[] = [];
  return {
    ...system,
    startRestore: async (given = {}) => {
      const restore = await system.client.workflow.start<typeof restoreDatabase>('restoreDatabase', {
        taskQueue: MAIN_QUEUE,
        workflowId: `restore-${crypto.randomUUID()}`,
        args: [{ database, ...given }],
      });
      provisional.push(provisionalName(restore.firstExecutionRunId));
      return restore;
    },
    held: () => program.held(),
    release: () => program.release(),
    restoredDatabases: async () => {
      const rows = await postgres.query<{ name: string }>(
        'postgres',
        'SELECT datname AS name FROM pg_database WHERE datname LIKE $1 OR datname = ANY ($2)',
        [`${database}_%`, provisional],
      );
      return rows.map((row) => row.name);
    },
    async [Symbol.asyncDispose]() {
      try {
        await system[Symbol.asyncDispose]();
      } finally {
        await wrapped[Symbol.asyncDispose]();
      }
    },
  };
}
