import type { Registry } from 'prom-client';
import { subjectName, type BackupSubject } from '../model/keys.js';
import { addGauge, toTimestamp, type MetricsPart } from './part.js';
import type { SubjectReader, Unreadable } from './read-subjects.js';

/** A server as far as its backups are expected. */
export interface ExpectingServer {
  name: string;
  globals: boolean;
  /** Set where its WAL is archived: then base backups are expected as well. */
  wal?: object | undefined;
  /** The names of the databases to be backed up; rejects when the server cannot be asked. */
  listDatabases(signal: AbortSignal): Promise<string[]>;
}

const labelNames = ['server', 'database', 'kind'] as const;

const labelsOf = (subject: BackupSubject) => ({
  server: subject.server,
  database: subjectName(subject),
  kind: subject.kind,
});

/** How the backups of databases and globals stand in the primary store. */
export function subjectMetrics(
  registry: Registry,
  servers: readonly ExpectingServer[],
  readSubjects: SubjectReader,
): MetricsPart {
  const expected = addGauge(
    registry,
    'backup_expected',
    'What the configuration asks for: 1 for each database, globals, base backups and WAL of a server',
    labelNames,
  );
  const lastSuccess = addGauge(
    registry,
    'backup_last_success_timestamp',
    'Start of the newest backup that is whole in the primary store, in seconds since 1970',
    labelNames,
  );
  const duration = addGauge(
    registry,
    'backup_duration_seconds',
    'Seconds that the steps of that backup took together',
    labelNames,
  );
  const size = addGauge(registry, 'backup_size_bytes', 'Size of that backup as stored, in bytes', labelNames);
  const sizeChange = addGauge(
    registry,
    'backup_size_change_ratio',
    'Its size over the median of the seven before it, less one: -0.5 is half',
    labelNames,
  );
  const unreadable = addGauge(
    registry,
    'backup_catalogue_unreadable',
    'Objects in the primary store that cannot be taken for what they should be, by reason',
    ['server', 'reason'],
  );
  const knownDatabases = new Map<string, string[]>();

  return {
    name: 'backups',
    async refresh(signal) {
      const found = [];
      for (const server of servers)
        found.push({ server, ...(await readSubjects(server.name, signal, new Date())) });
      for (const { server, subjects } of found) {
        const databases = await server
          .listDatabases(signal)
          // Of a server that is down, those that it had; what has backups, when that is not known either.
          .catch(
            () => knownDatabases.get(server.name) ?? databasesOf(subjects.map(({ subject }) => subject)),
          );
        signal.throwIfAborted();
        knownDatabases.set(server.name, databases);
      }
      const all = found.flatMap(({ subjects }) => subjects);
      expected.replace(
        servers.flatMap((server) => expectationsOf(server, knownDatabases.get(server.name) ?? [])),
      );
      lastSuccess.replace(all.map(({ subject, time }) => [labelsOf(subject), toTimestamp(time)]));
      duration.replace(all.map(({ subject, seconds }) => [labelsOf(subject), seconds]));
      size.replace(all.map(({ subject, bytes }) => [labelsOf(subject), bytes]));
      sizeChange.replace(
        all.flatMap(({ subject, sizeChange: change }) =>
          change === undefined ? [] : [[labelsOf(subject), change] as const],
        ),
      );
      unreadable.replace(
        found.flatMap(({ server, unreadable: counts }) =>
          (Object.keys(counts) as (keyof Unreadable)[]).map(
            (reason) => [{ server: server.name, reason }, counts[reason]] as const,
          ),
        ),
      );
    },
  };
}

function databasesOf(subjects: readonly BackupSubject[]): string[] {
  return subjects.flatMap((subject) => (subject.kind === 'database' ? [subject.database] : []));
}

function expectationsOf({ name: server, globals, wal }: ExpectingServer, databases: readonly string[]) {
  const expectations = [
    ...databases.map((database) => labelsOf({ kind: 'database', server, database })),
    ...(globals ? [labelsOf({ kind: 'globals', server })] : []),
    ...(wal ? ['base', 'wal'].map((kind) => ({ server, database: '', kind })) : []),
  ];
  return expectations.map((labels) => [labels, 1] as const);
}
