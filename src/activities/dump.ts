import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveServer } from '../config/resolve.js';
import { resolveConnection } from '../config/connections.js';
import type { BackupPlan } from '../model/plan.js';
import { dumpGlobalsWithFacts } from '../postgres/dump-globals.js';
import { dumpWithInventory } from '../postgres/dump-with-inventory.js';
import { writeJson } from '../staging/json-file.js';
import { completeStep } from '../staging/step.js';
import { programDirectories, type Dependencies } from './dependencies.js';
import { runStep } from './run-step.js';
import { locateStaged, type DumpFacts } from './staged-backup.js';

/** What `dump` answers. */
export interface DumpResult {
  bytes: number;
  tables: number;
  rows: number;
}

/** pg_dump may wait for locks and read a catalogue of many thousand tables before it writes its first byte. */
const STALL_SECONDS = 900;

/** Dumps the plan's database, or the server's globals, into staging and takes the inventory. */
export async function dump(dependencies: Dependencies, plan: BackupPlan): Promise<DumpResult> {
  const { configuration, environment, volume, logger } = dependencies;
  const { subject, id } = plan;
  return runStep(
    logger,
    { bytesExpected: plan.expectedBytes, stallSeconds: STALL_SECONDS + plan.dump.lockWaitTimeoutSeconds },
    (step) =>
      completeStep(locateStaged(volume, plan).directory, 'dump', async ({ directory, ledger }) => {
        const server = await resolveConnection(
          resolveServer(configuration, subject.server),
          environment.passFile,
        );
        const context = { ...step, ledger, nice: plan.dump.nice };
        const directories = programDirectories(dependencies);
        if (subject.kind === 'globals') {
          const data = join(directory, 'data');
          await mkdir(data);
          const { maintenanceDatabase } = resolveServer(configuration, subject.server);
          const dumped = await dumpGlobalsWithFacts(server, maintenanceDatabase, data, directories, context);
          const { systemIdentifier, version } = dumped.server;
          const facts: DumpFacts = {
            kind: 'globals',
            id,
            server: subject.server,
            systemIdentifier,
            serverVersion: version,
            snapshotTime: dumped.snapshotTime,
            snapshotLsn: dumped.snapshotLsn,
            roles: dumped.roles,
            tablespaces: dumped.tablespaces,
          };
          await writeJson(join(directory, 'facts.json'), facts);
          return { bytes: dumped.bytes, tables: 0, rows: 0 };
        }
        const options = { ...plan.dump, programDirectories: directories };
        const dumped = await dumpWithInventory(server, subject.database, directory, options, context);
        const { extensions, roles, ...properties } = dumped.facts;
        const facts: DumpFacts = {
          kind: 'database',
          id,
          server: subject.server,
          database: subject.database,
          systemIdentifier: dumped.server.systemIdentifier,
          serverVersion: dumped.server.version,
          snapshotTime: dumped.snapshotTime,
          snapshotLsn: dumped.snapshotLsn,
          ...properties,
          inventory: dumped.inventory,
          ...(dumped.warnings.length > 0 ? { warnings: dumped.warnings } : {}),
        };
        if (dumped.warnings.length > 0) logger.warn({ id, warnings: dumped.warnings }, 'pg_dump warned');
        await writeJson(join(directory, 'facts.json'), facts);
        await writeJson(join(directory, 'files.json'), dumped.files);
        const { tables } = dumped.inventory;
        return {
          bytes: dumped.bytes,
          tables: tables.length,
          rows: tables.reduce((sum, { rows }) => sum + rows, 0),
        };
      }),
  );
}
