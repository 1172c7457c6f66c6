import { Registry } from 'prom-client';
import type { BackupSubject } from '../model/keys.js';
import { addGauge, subjectLabelNames, subjectLabels, toTimestamp, type MetricsPart } from './part.js';
import type { SubjectReader, Unreadable } from './read-subjects.js';

/** A server as far as its backups are expected. */
export interface ExpectingServer {
  name: string;
  globals: boolean;
  /** Those that the configuration lists, where it does. */
  databases?: readonly { name: string }[] | undefined;
  /** Set where its WAL is archived: then base backups are expected as well. */
  wal?: object | undefined;
  /** The names of the databases to be backed up; rejects when the server cannot be asked. */
  listDatabases(signal: AbortSignal): Promise<string[]>;
}

/** Metrics of backups, which know what is expected of a server as of the last refresh. */
export interface SubjectMetrics extends MetricsPart {
  expectedSubjects(): BackupSubject[];
}

/** How the backups of databases and globals stand in the primary store. */
export function subjectMetrics(
  servers: readonly ExpectingServer[],
  readSubjects: SubjectReader,
): SubjectMetrics {
  const registry = new Registry();
  const expected = addGauge(
    registry,
    'backup_expected',
    'What the configuration asks for: 1 for each database, globals, base backups and WAL of a server',
    subjectLabelNames,
  );
  const lastSuccess = addGauge(
    registry,
    'backup_last_success_timestamp',
    'Start of the newest backup that is whole in the primary store, in seconds since 1970',
    subjectLabelNames,
  );
  const duration = addGauge(
    registry,
    'backup_duration_seconds',
    'Seconds that the steps of that backup took together',
    subjectLabelNames,
  );
  const size = addGauge(
    registry,
    'backup_size_bytes',
    'Size of that backup as stored, in bytes',
    subjectLabelNames,
  );
  const sizeChange = addGauge(
    registry,
    'backup_size_change_ratio',
    'Its size over the median of the seven before it, less one: -0.5 is half',
    subjectLabelNames,
  );
  const unreadable = addGauge(
    registry,
    'backup_catalogue_unreadable',
    'Objects in the primary store that cannot be taken for what they should be, by reason',
    ['server', 'reason'],
  );
  const knownDatabases = new Map(
    servers.flatMap(({ name, databases }) =>
      databases ? [[name, databases.map((database) => database.name)] as const] : [],
    ),
  );
  const expectedSubjects = () =>
    servers.flatMap((server) => subjectsOf(server, knownDatabases.get(server.name) ?? []));

  return {
    name: 'backups',
    registry,
    expectedSubjects,
    async refresh(signal) {
      const now = new Date();
      const found = await Promise.all(
        servers.map(async (server) => ({ server, ...(await readSubjects(server.name, signal, now)) })),
      );
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
        [...expectedSubjects().map(subjectLabels), ...servers.flatMap(physicalLabels)].map((labels) => [
          labels,
          1,
        ]),
      );
      lastSuccess.replace(all.map(({ subject, time }) => [subjectLabels(subject), toTimestamp(time)]));
      duration.replace(all.map(({ subject, seconds }) => [subjectLabels(subject), seconds]));
      size.replace(all.map(({ subject, bytes }) => [subjectLabels(subject), bytes]));
      sizeChange.replace(
        all.flatMap(({ subject, sizeChange: change }) =>
          change === undefined ? [] : [[subjectLabels(subject), change] as const],
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

function subjectsOf(
  { name: server, globals }: ExpectingServer,
  databases: readonly string[],
): BackupSubject[] {
  return [
    ...databases.map((database): BackupSubject => ({ kind: 'database', server, database })),
    ...(globals ? [{ kind: 'globals', server } as const] : []),
  ];
}

const physicalLabels = ({ name: server, wal }: ExpectingServer) =>
  wal ? ['base', 'wal'].map((kind) => ({ server, database: '', kind })) : [];
