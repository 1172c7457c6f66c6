import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compressFile } from '../../../src/archive/compress-file.js';
import type { PrivateKeys } from '../../../src/archive/private-keys.js';
import { digestFile } from '../../../src/archive/digest-file.js';
import { encryptFile } from '../../../src/archive/gpg.js';
import { packDirectory } from '../../../src/archive/tar.js';
import { commitManifest } from '../../../src/catalogue/commit-manifest.js';
import { readManifest } from '../../../src/catalogue/read-manifest.js';
import { bootScratch } from '../../../src/drills/boot-scratch.js';
import { climbAmcheck } from '../../../src/drills/climb-amcheck.js';
import { climbChecks } from '../../../src/drills/climb-checks.js';
import { climbGlobals } from '../../../src/drills/climb-globals.js';
import { climbInventory } from '../../../src/drills/climb-inventory.js';
import { climbRestore, dropDrilled } from '../../../src/drills/climb-restore.js';
import { planDrill } from '../../../src/drills/plan-drill.js';
import type { RungAnswer, Scratch } from '../../../src/drills/scratch-step.js';
import { makeReport } from '../../../src/drills/store-report.js';
import { judgeFailure, verdictOf } from '../../../src/model/drill-verdict.js';
import type {
  DrilledBackup,
  DrillReport,
  DrillRung,
  PlannedBackup,
  RungResult,
} from '../../../src/model/drill.js';
import { OperationError } from '../../../src/model/failures.js';
import { artifactKey, GLOBALS_NAME, type BackupSubject } from '../../../src/model/keys.js';
import { MANIFEST_FORMAT, type Manifest } from '../../../src/model/manifest.js';
import { makeBackupId } from '../../../src/model/names.js';
import { dumpGlobalsWithFacts, GLOBALS_FILE } from '../../../src/postgres/dump-globals.js';
import { dumpWithInventory } from '../../../src/postgres/dump-with-inventory.js';
import { locateServerPrograms } from '../../../src/postgres/locate-client.js';
import { downloadArtifact } from '../../../src/restores/download-artifact.js';
import { unpackArtifact } from '../../../src/restores/unpack-artifact.js';
import { openDirectoryStore } from '../../../src/stores/directory.js';
import type { Store } from '../../../src/stores/store.js';
import type { PostgresServer } from '../../../tools/servers/postgres.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';

const { signal } = new AbortController();
const context = { signal, onProgress: () => undefined };
const compression = { method: 'zstd', level: 1 } as const;
const SYSTEM_DIRECTORIES = ['/usr/local/bin', '/usr/bin', '/bin'];

export const SERVER = 'prod';
/** The moment of every backup made here. */
export const BACKUP_TIME = new Date('2026-06-01T02:00:00Z');

/** A store with backups, and what a drill of them needs. */
export interface DrillSystem {
  store: Store;
  /** Where the store's objects lie, to be damaged. */
  storeDirectory: string;
  /** Backs up a database, or the globals, as the steps of a nightly backup do. */
  backUp: (source: PostgresServer, database?: string, recipient?: Recipient) => Promise<Manifest>;
  /** Drills as `drillRestore` does, without Temporal. */
  drill: (options: DrillOptions) => Promise<DrillReport>;
}

export interface Recipient {
  fingerprint: string;
  publicKeysFile: string;
}

export interface DrillOptions {
  databases: readonly string[];
  globals?: boolean;
  checks?: Readonly<Record<string, string[]>>;
  privateKeys?: PrivateKeys;
  /** Programs of the drill host. */
  binDirectory: string;
}

/** Makes an empty store and a staging directory, the running test's own. */
export async function makeDrillSystem(): Promise<DrillSystem> {
  const scratch = await makeScratchDirectory();
  const storeDirectory = join(scratch, 'store');
  await mkdir(storeDirectory);
  const store = openDirectoryStore({ name: 'primary', directory: storeDirectory });
  let drills = 0;
  return {
    store,
    storeDirectory,
    backUp: (source, database, recipient) =>
      backUp(store, join(scratch, 'backup'), source, database, recipient),
    drill: (options) => drill(store, join(scratch, `drill ${drills++}`), options),
  };
}

async function backUp(
  store: Store,
  directory: string,
  source: PostgresServer,
  database: string | undefined,
  recipient: Recipient | undefined,
): Promise<Manifest> {
  const { host, port, user, password, binDirectory } = source;
  const server = { name: SERVER, host, port, user, password, sslmode: 'disable' as const };
  const programs = [binDirectory, ...SYSTEM_DIRECTORIES];
  const subject: BackupSubject =
    database === undefined
      ? { kind: 'globals', server: SERVER }
      : { kind: 'database', server: SERVER, database };
  const id = makeBackupId(database ?? GLOBALS_NAME, BACKUP_TIME);
  await mkdir(directory);
  let artifact = join(directory, 'compressed');
  let facts;
  if (database === undefined) {
    const { roles, tablespaces, ...dump } = await dumpGlobalsWithFacts(
      server,
      'postgres',
      directory,
      programs,
      context,
    );
    await compressFile(join(directory, GLOBALS_FILE), artifact, compression, programs, context);
    facts = { ...dump, kind: 'globals' as const, roles, tablespaces };
  } else {
    const options = { jobs: 2, lockWaitTimeoutSeconds: 60, excludeTables: [], excludeTableData: [] };
    const dump = await dumpWithInventory(
      server,
      database,
      directory,
      { ...options, programDirectories: programs },
      context,
    );
    await packDirectory(join(directory, 'data'), artifact, compression, programs, context);
    facts = { ...dump, ...dump.facts, kind: 'database' as const, database };
  }
  if (recipient) {
    const encrypted = join(directory, 'encrypted');
    const keys = { recipients: [recipient.fingerprint], publicKeysFile: recipient.publicKeysFile };
    await encryptFile(artifact, encrypted, keys, programs, context);
    artifact = encrypted;
  }
  const suffix = `${database === undefined ? '.sql' : '.dump.tar'}.zst${recipient ? '.gpg' : ''}`;
  const key = artifactKey(subject, id, suffix);
  const digest = await digestFile(artifact, signal, () => undefined);
  await store.putFile(key, { path: artifact, ...digest }, context);
  const manifest = {
    ...facts,
    format: MANIFEST_FORMAT,
    id,
    server: SERVER,
    systemIdentifier: facts.server.systemIdentifier,
    serverVersion: facts.server.version,
    artifact: {
      ...{ key, ...digest, codec: compression.method },
      encryption: recipient
        ? { method: 'gpg', keyFingerprints: [recipient.fingerprint] }
        : { method: 'none' },
    },
    ...{ tools: {}, secondsPerStep: {}, workflowId: 'backup', runId: 'run' },
  } as Manifest;
  await commitManifest(store, manifest, signal);
  await rm(directory, { recursive: true });
  return manifest;
}

async function drill(store: Store, directory: string, options: DrillOptions): Promise<DrillReport> {
  const { databases, globals = true, checks = {}, privateKeys, binDirectory } = options;
  const programDirectories = [binDirectory, ...SYSTEM_DIRECTORIES];
  const request = { server: SERVER, databases, globals, jobs: 2, heartbeatSeconds: 30, now: new Date() };
  const plan = await planDrill(store, request, signal);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const scratch: Scratch = {
    directory: join(directory, 'scratch'),
    binDirectory: await locateServerPrograms(plan.major, programDirectories, signal),
    programDirectories,
    jobs: plan.jobs,
  };
  const rungContext = { ...context, ledger: { directory: join(directory, 'children') } };
  const passed = (): RungAnswer => ({ outcome: 'passed', said: [] });

  const climb = async (backup: PlannedBackup): Promise<DrilledBackup> => {
    const { database, backupId } = backup;
    const subject: BackupSubject =
      database === undefined
        ? { kind: 'globals', server: SERVER }
        : { kind: 'database', server: SERVER, database };
    const manifest = await readManifest(store, subject, backupId, signal);
    const place = join(directory, backupId);
    await mkdir(place);
    const artifact = join(place, 'artifact');
    const unpacked = join(place, 'unpacked');
    const own = join(place, 'own');
    await mkdir(own);
    const ladder: [DrillRung, () => Promise<RungAnswer>][] = [
      ['artifact', () => downloadArtifact(store, manifest.artifact, artifact, context).then(passed)],
      [
        'unpack',
        async () => {
          await mkdir(unpacked);
          const how = { ...(privateKeys && { privateKeys }), workDirectory: own, programDirectories };
          return unpackArtifact(manifest, artifact, unpacked, how, rungContext).then(passed);
        },
      ],
      ...(manifest.kind === 'globals'
        ? ([
            ['globals', () => climbGlobals(scratch, manifest, { unpacked, directory: own }, rungContext)],
          ] as [DrillRung, () => Promise<RungAnswer>][])
        : ([
            ['restore', () => climbRestore(scratch, manifest, unpacked, rungContext)],
            ['inventory', () => climbInventory(scratch, manifest, join(own, 'dump'), rungContext)],
            ['amcheck', () => climbAmcheck(scratch, manifest.database, rungContext)],
            [
              'checks',
              () => climbChecks(scratch, manifest.database, checks[manifest.database] ?? [], rungContext),
            ],
          ] as [DrillRung, () => Promise<RungAnswer>][])),
    ];
    const rungs: RungResult[] = [];
    for (const [rung, act] of ladder) {
      const result = await act().catch((error: unknown) => {
        if (!(error instanceof OperationError)) throw error;
        return { outcome: judgeFailure(rung, error.type), said: [error.message] };
      });
      rungs.push({ rung, seconds: 1, ...result });
      if (result.outcome === 'failed' || result.outcome === 'notProvable') break;
    }
    if (manifest.kind === 'database') await dropDrilled(scratch, manifest, rungContext);
    return { ...backup, rungs, verdict: verdictOf(rungs) };
  };

  const backups: DrilledBackup[] = [...plan.decided];
  if (plan.major > 0) await bootScratch(scratch, rungContext);
  for (const backup of [...(plan.globals ? [plan.globals] : []), ...plan.databases])
    backups.push(await climb(backup));
  return makeReport(plan, {
    ...{ finishedAt: new Date().toISOString(), bootSeconds: 1, backups },
    ...{ workflowId: 'drill', runId: 'run' },
  });
}
