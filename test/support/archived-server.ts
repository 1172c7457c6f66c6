import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestFile } from '../../src/archive/digest-file.js';
import { withEncryption, type GpgRecipients } from '../../src/archive/gpg.js';
import type { PrivateKeys } from '../../src/archive/private-keys.js';
import { takeBaseBackup } from '../../src/base/take-base-backup.js';
import { commitBaseManifest } from '../../src/catalogue/base-backups.js';
import { baseArtifactSuffix, type BaseManifest } from '../../src/model/base-manifest.js';
import { MANIFEST_FORMAT } from '../../src/model/manifest.js';
import { makeBackupId } from '../../src/model/names.js';
import { BASE_NAME, baseArtifactKey, type Cluster } from '../../src/model/physical-keys.js';
import type { ServerConnection } from '../../src/model/server-connection.js';
import { isSegmentName, parseHistoryName } from '../../src/model/wal-segment.js';
import { openDirectoryStore } from '../../src/stores/directory.js';
import type { Store } from '../../src/stores/store.js';
import { shipFile } from '../../src/wal/ship-file.js';
import { startPostgres, type PostgresServer } from '../../tools/servers/postgres.js';
import { makeGpgHome } from './gpg-home.js';
import { waitUntil } from './wait-until.js';

/** The name of the server in keys. */
export const SERVER = 'prod';
const SEGMENT_BYTES = 16 * 1024 * 1024;
const { signal } = new AbortController();
const context = { signal, onProgress: () => undefined };
const compression = { method: 'zstd', level: 1 } as const;

/** A server whose `archive_command` copies WAL into a directory, from where it is shipped into a store. */
export interface ArchivedServer extends AsyncDisposable {
  postgres: PostgresServer;
  connection: ServerConnection;
  store: Store;
  /** Where the store's objects lie, to be damaged. */
  storeDirectory: string;
  cluster: Cluster;
  /** Present when base backups and WAL are encrypted. */
  privateKeys?: PrivateKeys;
  programDirectories: string[];
  scratch: string;
  /** Takes a base backup and, when its WAL is in the store, commits it. */
  takeBase(time?: Date): Promise<BaseManifest>;
  /** Puts what the server has archived so far into the store. */
  ship(): Promise<void>;
  /** Has the server archive everything up to now, and ships it. */
  flush(): Promise<void>;
}

/** Starts one, with an empty store of its own. */
export async function startArchivedServer({
  major,
  encrypted = false,
  settings = {},
}: { major?: number; encrypted?: boolean; settings?: Record<string, string> } = {}): Promise<ArchivedServer> {
  const scratch = await mkdtemp(join(tmpdir(), 'tb-archived-'));
  const [archived, storeDirectory, outgoing, key] = ['archived', 'store', 'outgoing', 'private.asc'].map(
    (name) => join(scratch, name),
  ) as [string, string, string, string];
  for (const directory of [archived, storeDirectory, outgoing]) await mkdir(directory);
  // The server runs as another user, when this process is root's.
  for (const directory of [scratch, archived]) await chmod(directory, 0o777);
  const postgres = await startPostgres({
    ...(major === undefined ? {} : { major }),
    settings: {
      archive_mode: 'on',
      archive_command: `cp %p ${archived}/%f.new && mv ${archived}/%f.new ${archived}/%f`,
      ...settings,
    },
  });
  const { host, port, user, password, binDirectory } = postgres;
  const connection = { name: SERVER, host, port, user, password, sslmode: 'disable' } as const;
  const programDirectories = [binDirectory, '/usr/local/bin', '/usr/bin', '/bin'];
  const recipient = encrypted ? await makeRecipient(scratch, key) : undefined;
  const store = openDirectoryStore({ name: 'primary', directory: storeDirectory });
  const [facts] = await postgres.query<{ system: string; version: number }>(
    'postgres',
    `SELECT system_identifier::text AS system, current_setting('server_version_num')::int AS version FROM pg_control_system()`,
  );
  const cluster = { server: SERVER, systemIdentifier: facts!.system };
  const shipped = new Set<string>();

  const ship = async () => {
    const names = (await readdir(archived)).filter(
      (name) => !shipped.has(name) && (isSegmentName(name) || parseHistoryName(name) !== undefined),
    );
    const spool = {
      ...{ cluster, segmentBytes: SEGMENT_BYTES, outgoing },
      ...{ directory: archived, aside: archived, children: join(scratch, 'children') },
    };
    const shipAll = async (encrypt?: Parameters<typeof shipFile>[3]['encrypt']) => {
      for (const name of names.sort()) {
        const means = { store, compression, programDirectories, signal, ...(encrypt && { encrypt }) };
        await shipFile(spool, join(archived, name), name, means);
        shipped.add(name);
      }
    };
    if (recipient) await withEncryption(recipient, scratch, programDirectories, context, shipAll);
    else await shipAll();
  };
  const flush = async () => {
    await postgres.query('postgres', 'SELECT pg_current_xact_id()');
    const [switched] = await postgres.query<{ segment: string }>(
      'postgres',
      'SELECT pg_walfile_name(pg_current_wal_insert_lsn()) AS segment, pg_switch_wal()',
    );
    await waitUntil('the segment is archived', async () =>
      (await readdir(archived)).includes(switched!.segment),
    );
    await ship();
  };

  const takeBase = async (time = new Date()): Promise<BaseManifest> => {
    const directory = await mkdtemp(join(scratch, 'base-'));
    const tablespaces = await postgres.query<{ oid: string; name: string; location: string }>(
      'postgres',
      `SELECT oid::text, spcname AS name, pg_tablespace_location(oid) AS location
         FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')`,
    );
    const id = makeBackupId(BASE_NAME, time);
    const layout = tablespaces.length > 0 ? 'files' : 'stream';
    const keyFingerprints = [...(recipient?.recipients ?? [])];
    const planned = recipient
      ? { method: 'gpg' as const, recipients: keyFingerprints }
      : { method: 'none' as const };
    const encryption = recipient ? { method: 'gpg' as const, keyFingerprints } : { method: 'none' as const };
    const { codec, ...taken } = await takeBaseBackup(
      {
        ...{ subject: { kind: 'base', ...cluster }, id, major: postgres.major, layout, compression },
        ...{ keepsBackupManifest: false, stagingBytes: 0, expectedBytes: 0, nice: 0, encryption: planned },
        ...{ primaryStore: 'primary', heartbeatSeconds: 30 },
      },
      {
        ...{ server: connection, maintenanceDatabase: 'postgres', store, programDirectories, directory },
        ...(recipient && { keys: recipient }),
      },
      context,
    );
    await flush();

    const key = baseArtifactKey(cluster, id, baseArtifactSuffix(layout, codec, encryption.method));
    const path = join(directory, 'artifact');
    const digest = await digestFile(path, signal, () => undefined);
    await store.putFile(key, { path, ...digest }, context);
    const manifest: BaseManifest = {
      ...{ format: MANIFEST_FORMAT, ...taken, artifact: { key, ...digest, codec, encryption } },
      ...{ tools: {}, secondsPerStep: {}, workflowId: 'base', runId: 'run' },
    };
    await commitBaseManifest(store, manifest, signal);
    await rm(directory, { recursive: true });
    return manifest;
  };
  return {
    ...{ postgres, connection, store, storeDirectory, cluster, programDirectories, scratch },
    ...(recipient ? { privateKeys: { privateKeysFile: key } } : {}),
    ...{ takeBase, ship, flush },
    [Symbol.asyncDispose]: async () => {
      await postgres[Symbol.asyncDispose]();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

async function makeRecipient(scratch: string, privateKeysFile: string): Promise<GpgRecipients> {
  await using home = await makeGpgHome('backups@test.invalid');
  const publicKeysFile = join(scratch, 'public.asc');
  await home.exportPublicKeys(publicKeysFile);
  await home.exportPrivateKeys(privateKeysFile);
  return { recipients: [home.fingerprint], publicKeysFile };
}
