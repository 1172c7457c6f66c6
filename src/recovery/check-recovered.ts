import { DatabaseError } from 'pg';
import type { RecoveredCheck } from '../model/disaster-drill.js';
import { OperationError } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { checkStructure } from '../postgres/amcheck.js';
import { withConnection } from '../postgres/connection.js';
import type { ServeContext } from '../postgres/serve-cluster.js';
import { runChecks } from '../postgres/sql-checks.js';
import { MAINTENANCE_DATABASE, serveRecovered, type RecoveredCluster } from './recovered-cluster.js';

/** `invalid_parameter_value`: the server has never come to a transaction of that number. */
const IN_THE_FUTURE = '22023';

/** What a recovered server is asked. */
export interface RecoveredQuestions {
  /** A transaction that must be in it, as `txid_current()` named it; left out when none was sent. */
  transactionId?: string | undefined;
  /** Per database: SQL that must answer true. */
  checks: Readonly<Record<string, readonly string[]>>;
  jobs: number;
  programDirectories: readonly string[];
}

/**
 * Boots a recovered server and looks at it: is the canary there, can every database be entered, are its tables and indexes
 * sound, is true what the operator wants to be true.
 *
 * @throws OperationError what says nothing of the server, such as a program that is missing
 */
export async function checkRecovered(
  cluster: RecoveredCluster,
  questions: RecoveredQuestions,
  context: ServeContext & { onProgress: (done: number) => void; onAlive: () => void },
): Promise<RecoveredCheck> {
  return serveRecovered(cluster, {}, context, async (server, signal) => {
    const inner = { ...context, signal };
    const canary = await findCanary(server, questions.transactionId, signal);
    const databases: RecoveredCheck['databases'] = [];
    for (const database of await listDatabases(server, signal)) {
      databases.push({ database, ...(await checkDatabase(server, database, questions, inner)) });
      context.onAlive();
    }
    return { canary, databases };
  });
}

/** @see https://www.postgresql.org/docs/current/functions-info.html (`txid_status`) */
async function findCanary(
  server: ServerConnection,
  transactionId: string | undefined,
  signal: AbortSignal,
): Promise<RecoveredCheck['canary']> {
  if (transactionId === undefined) return 'notSent';
  return withConnection(server, MAINTENANCE_DATABASE, signal, async (client) => {
    try {
      const { rows } = await client.query<{ status: string | null }>('SELECT txid_status($1) AS status', [
        transactionId,
      ]);
      return rows[0]!.status === 'committed' ? 'recovered' : 'lost';
    } catch (error) {
      if (error instanceof DatabaseError && error.code === IN_THE_FUTURE) return 'lost';
      throw error;
    }
  });
}

async function listDatabases(server: ServerConnection, signal: AbortSignal): Promise<string[]> {
  return withConnection(server, MAINTENANCE_DATABASE, signal, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1',
    );
    return rows.map(({ name }) => name);
  });
}

async function checkDatabase(
  server: ServerConnection,
  database: string,
  { checks, ...options }: RecoveredQuestions,
  context: ServeContext & { onProgress: (done: number) => void },
): Promise<Pick<RecoveredCheck['databases'][number], 'outcome' | 'said'>> {
  try {
    const lack = await checkStructure(server, database, options, context);
    const wanted = checks[database] ?? [];
    if (wanted.length > 0) await runChecks(server, database, wanted, context);
    return {
      outcome: 'passed',
      said: lack === undefined ? [] : [`Tables and indexes could not be checked: ${lack}.`],
    };
  } catch (error) {
    if (!(error instanceof OperationError) || error.type !== 'DrillFailed') throw error;
    return { outcome: 'failed', said: [error.message] };
  }
}
