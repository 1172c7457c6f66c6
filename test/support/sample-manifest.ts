import { artifactKey, type BackupSubject } from '../../src/model/keys.js';
import { MANIFEST_FORMAT, type Manifest } from '../../src/model/manifest.js';
import { parseBackupId } from '../../src/model/names.js';

const digest = 'a'.repeat(64);

/** A believable manifest of the backup `id`, whose artifact has `bytes` bytes. */
export function sampleManifest(subject: BackupSubject, id: string, bytes = 4096): Manifest {
  const common = {
    format: MANIFEST_FORMAT,
    id,
    server: subject.server,
    systemIdentifier: '7520361935213404212',
    serverVersion: 160014,
    snapshotTime: parseBackupId(id)!.time.toISOString(),
    snapshotLsn: '0/1A2B3C8',
    tools: { pg_dump: '16.14' },
    secondsPerStep: { dump: 5.1, compress: 2.8 },
    workflowId: 'temponest-backups/prod/database/agentic',
    runId: '0196a1b2-0000-7000-8000-000000000000',
  };
  const artifact = {
    key: artifactKey(subject, id, subject.kind === 'database' ? '.dump.tar.zst' : '.sql.zst'),
    bytes,
    sha256: digest,
    codec: 'zstd' as const,
    encryption: { method: 'none' as const },
  };
  if (subject.kind === 'globals')
    return { ...common, kind: 'globals', artifact, roles: ['agentic'], tablespaces: [] };
  return {
    ...common,
    kind: 'database',
    database: subject.database,
    artifact,
    encoding: 'UTF8',
    collation: 'en_US.utf8',
    characterType: 'en_US.utf8',
    localeProvider: 'libc',
    locale: null,
    owner: 'agentic',
    connectionLimit: -1,
    privileges: null,
    settings: [{ role: null, setting: 'work_mem=64MB' }],
    inventory: {
      tables: [
        { schema: 'public', name: 'agents', rows: 12, bytes: 3000, sha256: digest },
        { schema: 'public', name: 'tasks', rows: 400, bytes: 90_000, sha256: digest },
      ],
      excludedTables: [],
      sequences: [
        { schema: 'public', name: 'tasks_id_seq', lastValue: '9223372036854775807', isCalled: true },
      ],
      largeObjects: { count: 1, bytes: 500, sha256: digest },
      extensions: [{ name: 'plpgsql', version: '1.0', schema: 'pg_catalog' }],
      roles: ['agentic'],
    },
  };
}
