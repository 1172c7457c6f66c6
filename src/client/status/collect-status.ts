import { latestBackups, type LatestBackup } from '../../catalogue/latest-backups.js';
import { listProvenBackups } from '../../catalogue/proven-backups.js';
import type { Environment } from '../../config/environment.js';
import type { Configuration, ServerConfiguration } from '../../config/schema.js';
import { nameSubject, subjectKey } from '../../model/subject-names.js';
import type { Store } from '../../stores/store.js';
import { assessBase } from '../../verification/assess-base.js';
import { assessSubjects } from '../../verification/assess-subjects.js';
import { readNewestVerification } from '../../verification/read-newest-verification.js';
import { findWalFaults } from '../../wal/find-wal-faults.js';
import { databasesOf, openConfiguredStore, untilDone } from '../configured-server.js';
import { describeError } from '../report-error.js';
import { declaredSchedules } from '../schedules/declared-schedules.js';
import { judgeStatus, type StatusReport } from './judge-status.js';
import { readTemporalStatus } from './read-temporal-status.js';
import { readWalEvidence } from './read-wal-evidence.js';
import { toWalReport } from './render-wal-status.js';

/** What is known of a server, and judged. */
type Known = Omit<Parameters<typeof judgeStatus>[0], 'temporal' | 'declaredSchedules'>;

/**
 * Finds out how a server's backups stand: by the store, the server and Temporal. Whichever does not answer is part of the
 * answer.
 */
export async function collectStatus(
  configuration: Configuration,
  server: ServerConfiguration,
  environment: Environment,
): Promise<StatusReport> {
  const [known, temporal] = await Promise.all([
    readStore(configuration, server, environment).catch((error: unknown): Known => ({
      server: server.name,
      databases: [],
      faults: [{ severity: 'critical', what: describeError(error).message }],
    })),
    readTemporalStatus(environment),
  ]);
  const declared = declaredSchedules(configuration).filter((schedule) => schedule.server === server.name);
  return judgeStatus({ ...known, temporal, declaredSchedules: declared.map(({ name }) => name) });
}

async function readStore(
  configuration: Configuration,
  server: ServerConfiguration,
  environment: Environment,
): Promise<Known> {
  const store = await openConfiguredStore(configuration);
  const faults: Known['faults'] = [];
  const [latest, proofs, base, wal, verification] = await Promise.all([
    latestBackups(store, server.name, untilDone),
    readProofs(store, server.name).catch((error: unknown) => {
      faults.push({ severity: 'warning', what: describeError(error).message });
      return new Map<string, string>();
    }),
    server.wal ? assessBase(store, server.name, untilDone) : undefined,
    server.wal ? readWalEvidence(server, store, environment) : undefined,
    readNewestVerification(store, server.name, untilDone),
  ]);
  const databases = await databasesOf(server, environment).catch((error: unknown) => {
    // What is new on the server since its last backup is then not missed here, but by the next verification.
    faults.push({
      severity: 'warning',
      what: `Only what the store holds is shown, since the server does not say what it has: ${describeError(error).message}`,
    });
    return namesIn(latest);
  });
  const subjects = assessSubjects({ databases, globals: server.globals }, latest, new Date());
  return {
    server: server.name,
    store: store.name,
    databases: [
      ...subjects.map((subject) => {
        const provenAt = proofs.get(subjectKey(subject));
        return { ...subject, ...(provenAt === undefined ? {} : { provenAt }) };
      }),
      ...(base ? [base] : []),
    ],
    ...(wal ? { wal: toWalReport(wal, findWalFaults(wal)) } : {}),
    ...(verification ? { verification } : {}),
    faults,
  };
}

const namesIn = (latest: readonly LatestBackup[]) =>
  latest.flatMap(({ subject }) => (subject.kind === 'database' ? [subject.database] : []));

/** When a backup of each database, and of the globals, was last proven. */
async function readProofs(store: Store, server: string): Promise<Map<string, string>> {
  const proofs = new Map<string, string>();
  for (const { subject, provenAt } of await listProvenBackups(store, server, untilDone)) {
    const key = subjectKey(nameSubject(subject));
    const time = provenAt.toISOString();
    if ((proofs.get(key) ?? '') < time) proofs.set(key, time);
  }
  return proofs;
}
