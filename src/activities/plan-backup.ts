import { checkRecipients } from '../archive/gpg.js';
import { latestManifest } from '../catalogue/latest-backups.js';
import { resolveConnection } from '../config/connections.js';
import { resolveCompression, resolveDatabase, resolveDumpOptions, resolveServer } from '../config/resolve.js';
import type { ServerConfiguration } from '../config/schema.js';
import { manifestKey, subjectName, type BackupSubject } from '../model/keys.js';
import { makeBackupId } from '../model/names.js';
import type { BackupPlan, Encryption } from '../model/plan.js';
import { estimateSizes } from '../model/size-estimate.js';
import { withConnection } from '../postgres/connection.js';
import { locateClient } from '../postgres/locate-client.js';
import { listDatabases, readServerFacts, requireDatabase } from '../postgres/server-facts.js';
import { locateProgram } from '../programs/locate-program.js';
import type { Store } from '../stores/store.js';
import { planReplicas, programDirectories, type Dependencies } from './dependencies.js';
import { runStep, type StepContext } from './run-step.js';

/**
 * Decides everything about one backup, and refuses it while nothing has been made yet: unknown names, missing
 * programs, wrong credentials, expired keys, a store that cannot be reached.
 */
export async function planBackup(
  dependencies: Dependencies,
  argument: { server?: string | undefined; database?: string },
): Promise<BackupPlan> {
  const { configuration, logger } = dependencies;
  return runStep(logger, {}, async (step) => {
    const server = resolveServer(configuration, argument.server);
    const subject: BackupSubject =
      argument.database === undefined
        ? { kind: 'globals', server: server.name }
        : { kind: 'database', server: server.name, database: argument.database };
    const database = argument.database === undefined ? undefined : resolveDatabase(server, argument.database);
    const [primary] = dependencies.stores;
    const { major, databaseBytes } = await inspectDatabase(dependencies, server, argument.database, step);
    await checkPrograms(dependencies, subject, major, step);
    const encryption = await resolveEncryption(dependencies, step);
    await primary.check(step.signal);
    const previous = await latestManifest(primary, subject, step.signal);
    return {
      subject,
      id: await chooseId(primary, subjectName(subject), (id) => manifestKey(subject, id), step.signal),
      major,
      ...estimateSizes(databaseBytes, previous),
      dump: resolveDumpOptions(server, database ?? { name: '' }),
      compression: resolveCompression(configuration),
      encryption,
      primaryStore: primary.name,
      ...planReplicas(dependencies),
      heartbeatSeconds: configuration.worker.heartbeatTimeout,
    };
  });
}

async function inspectDatabase(
  { environment }: Dependencies,
  server: ServerConfiguration,
  database: string | undefined,
  { signal }: StepContext,
): Promise<{ major: number; databaseBytes: number }> {
  const connection = await resolveConnection(server, environment.passFile);
  return withConnection(connection, server.maintenanceDatabase, signal, async (client) => {
    const { major } = await readServerFacts(client);
    if (database === undefined) return { major, databaseBytes: 0 };
    const { bytes } = requireDatabase(await listDatabases(client), database, server);
    return { major, databaseBytes: bytes };
  });
}

async function checkPrograms(
  dependencies: Dependencies,
  subject: BackupSubject,
  major: number,
  { signal }: StepContext,
): Promise<void> {
  const directories = programDirectories(dependencies);
  const clients = subject.kind === 'database' ? ['pg_dump', 'pg_restore'] : ['pg_dumpall'];
  for (const client of clients) await locateClient(client, major, directories, signal);
  for (const program of ['tar', dependencies.configuration.compression.method])
    await locateProgram(program, directories);
}

/** The keys that are encrypted to, checked to be usable today. */
export async function resolveEncryption(
  dependencies: Dependencies,
  { signal }: StepContext,
): Promise<Encryption> {
  const { encryption } = dependencies.configuration;
  if (encryption.method === 'none') return encryption;
  const keys = await checkRecipients(encryption, programDirectories(dependencies), { signal });
  return { method: 'gpg', recipients: keys.map(({ fingerprint }) => fingerprint) };
}

/** The id of now; a second later for each backup that was already made in that second. */
export async function chooseId(
  store: Store,
  name: string,
  manifestKeyOf: (id: string) => string,
  signal: AbortSignal,
): Promise<string> {
  for (let time = Date.now(); ; time += 1000) {
    const id = makeBackupId(name, new Date(time));
    if (!(await store.describe(manifestKeyOf(id), signal))) return id;
  }
}
