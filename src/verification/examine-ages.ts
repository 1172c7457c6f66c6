import { latestBackups } from '../catalogue/latest-backups.js';
import { listBackups } from '../catalogue/list-backups.js';
import { listProvenBackups } from '../catalogue/proven-backups.js';
import { resolveConnection } from '../config/connections.js';
import type { ServerConfiguration } from '../config/schema.js';
import { OperationError } from '../model/failures.js';
import type { Finding } from '../model/findings.js';
import { encodeName } from '../model/names.js';
import { nameSubject, subjectKey } from '../model/subject-names.js';
import { withoutRemedy } from '../model/without-remedy.js';
import { configuredDatabases } from '../postgres/configured-databases.js';
import type { Store } from '../stores/store.js';
import { assessBase } from './assess-base.js';
import { assessSubjects, type SubjectStatus } from './assess-subjects.js';
import { judgeFreshness, judgeProof } from './judge-freshness.js';

interface Circumstances {
  passFile: string | undefined;
  now: Date;
  signal: AbortSignal;
}

/** Finds out how old the backups of a server in its primary store are, and the proofs of them. */
export async function examineAges(
  server: ServerConfiguration,
  primary: Store,
  { passFile, now, signal }: Circumstances,
): Promise<Finding[]> {
  const latest = await latestBackups(primary, server.name, signal, now);
  const databases = await configuredDatabases(
    server,
    () => resolveConnection(server, passFile),
    signal,
  ).catch((error: unknown) => {
    if (!(error instanceof OperationError)) throw error;
    // What is new on the server is then missed the next time.
    return latest.flatMap(({ subject }) => (subject.kind === 'database' ? [subject.database] : []));
  });
  const subjects = assessSubjects({ databases, globals: server.globals }, latest, now);
  const base = server.wal ? [await assessBase(primary, server.name, signal, now)] : [];
  return [
    ...judgeFreshness(server.name, [...subjects, ...base]),
    ...(await examineProofs(server.name, subjects, primary, now, signal)),
  ];
}

async function examineProofs(
  server: string,
  subjects: readonly SubjectStatus[],
  primary: Store,
  now: Date,
  signal: AbortSignal,
): Promise<Finding[]> {
  const times = new Map<string, Date>();
  for (const { subject, time } of (await listBackups(primary, server, signal)).backups) {
    const key = subjectKey(nameSubject(subject));
    if (time < (times.get(key) ?? now)) times.set(key, time);
  }
  const oldest = subjects.flatMap((subject) => {
    const time = times.get(subjectKey(subject));
    return time ? [{ subject, time }] : [];
  });
  try {
    return judgeProof(server, oldest, await listProvenBackups(primary, server, signal), now);
  } catch (error) {
    if (!(error instanceof OperationError) || error.type !== 'ManifestUnreadable') throw error;
    return [
      {
        id: `drill-unreadable/${encodeName(server)}`,
        severity: 'warning',
        what: `What drills have proven cannot be told: ${withoutRemedy(error.message)}.`,
        where: server,
        remedy: 'restore the report from a copy of the store, or delete it',
      },
    ];
  }
}
