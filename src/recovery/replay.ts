import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../files/has-code.js';
import { OperationError, remedyFor } from '../model/failures.js';
import type { RecoveryPoint } from '../model/recovery.js';
import { describeTarget, type RecoveryTarget } from '../model/recovery-target.js';
import { formatLsn, parseLsn, parseSegmentName, type Lsn } from '../model/wal-segment.js';
import type { ServerConnection } from '../model/server-connection.js';
import { withConnection } from '../postgres/connection.js';
import { recoverySettings } from '../postgres/recovery-settings.js';
import type { ServeContext } from '../postgres/serve-cluster.js';
import { TABLESPACE_REFUSED, withoutNewTablespaces } from './hold-tablespaces.js';
import {
  locateRecovery,
  MAINTENANCE_DATABASE,
  serveRecovered,
  type RecoveredCluster,
} from './recovered-cluster.js';
import { withWalSupply, type SuppliedWal } from './supply-wal.js';

/** What is replayed, and how far. */
export interface Replay {
  target: RecoveryTarget;
  /** The timeline to follow. */
  timeline: number;
  /** Where replay begins. */
  from: Lsn;
  /** Where it has to come at least: a log that ends earlier was not read to its end. */
  atLeast: Lsn;
  segmentBytes: number;
  wal: SuppliedWal;
}

const TARGET_NOT_REACHED = 'recovery ended before configured recovery target was reached';
const RESTORED = /restored log file "([0-9A-F]{24})" from archive/;

/**
 * Rolls an unpacked base backup forward to the target, in a server of our own that is promoted there: from then on its data
 * directory is that of a server which was shut down properly. What an earlier try has replayed is not lost, and one that
 * had come to the target is the answer.
 *
 * @param context - `onProgress` gets the bytes of WAL that were replayed
 * @throws OperationError `TargetOutOfWindow` when the log ends before the target; `RecoveryFailed`; what fetching WAL throws
 */
export async function replay(
  cluster: RecoveredCluster,
  replayed: Replay,
  context: ServeContext & { onProgress: (bytes: number) => void },
): Promise<RecoveryPoint> {
  const { dataDirectory } = locateRecovery(cluster.directory);
  const pointFile = join(cluster.directory, 'recovery-point.json');
  const known = await readIfThere(pointFile);
  if (known !== undefined) return JSON.parse(known) as RecoveryPoint;

  const isPromoted =
    (await readIfThere(join(dataDirectory, 'recovery.signal'))) === undefined &&
    (await readIfThere(join(dataDirectory, 'backup_label'))) === undefined;
  const point = isPromoted
    ? await serveRecovered(cluster, {}, context, readPoint)
    : await withWalSupply(cluster.directory, replayed.wal, context, async (restoreCommand, signal) => {
        await writeFile(join(dataDirectory, 'recovery.signal'), '');
        const settings = recoverySettings(restoreCommand, replayed.target, replayed.timeline);
        const onLog = (line: string) => reportProgress(line, replayed, context.onProgress);
        const rollForward = () =>
          serveRecovered(cluster, { settings, onLog }, { ...context, signal }, readPoint);
        return withoutNewTablespaces(cluster.directory, rollForward).catch((error: unknown) => {
          signal.throwIfAborted();
          throw explainFailure(error, replayed.target);
        });
      });
  if (parseLsn(point.lsn)! < replayed.atLeast)
    throw new OperationError(
      'RecoveryFailed',
      `Replay ended at ${point.lsn}, before ${formatLsn(replayed.atLeast)}, though the archive goes on; ${remedyFor('RecoveryFailed')}.`,
    );
  await writeFile(pointFile, JSON.stringify(point));
  return point;
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
}

function reportProgress(
  line: string,
  { from, segmentBytes }: Replay,
  onProgress: (bytes: number) => void,
): void {
  const [, name] = RESTORED.exec(line) ?? [];
  const segment = name === undefined ? undefined : parseSegmentName(name, segmentBytes);
  if (segment && segment.start > from) onProgress(Number(segment.start - from));
}

/**
 * The position at which the server left its last timeline is in the history of the one it is on; when the last transaction
 * ended is known to the server that has replayed it, until that one ends.
 */
async function readPoint(server: ServerConnection, signal: AbortSignal): Promise<RecoveryPoint> {
  return withConnection(server, MAINTENANCE_DATABASE, signal, async (client) => {
    const { rows } = await client.query<{ timeline: string; history: string; last: string | null }>(
      `SELECT timeline, pg_read_file('pg_wal/' || timeline || '.history') AS history,
              to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS last
         FROM substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) AS timeline`,
    );
    const { timeline, history, last } = rows[0]!;
    const databases = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE NOT datistemplate ORDER BY 1',
    );
    return {
      lsn: history.trim().split('\n').at(-1)!.split(/\s+/)[1]!,
      ...(last === null ? {} : { lastTransaction: last }),
      timeline: Number.parseInt(timeline, 16),
      databases: databases.rows.map(({ name }) => name),
    };
  });
}

function explainFailure(error: unknown, target: RecoveryTarget): unknown {
  if (!(error instanceof OperationError) || error.type !== 'ProgramFailed') return error;
  if (error.message.includes(TARGET_NOT_REACHED))
    return new OperationError(
      'TargetOutOfWindow',
      `The archived WAL ends before ${describeTarget(target)}; ${remedyFor('TargetOutOfWindow')}.`,
      { cause: error },
    );
  if (error.message.includes(TABLESPACE_REFUSED))
    return new OperationError(
      'RecoveryFailed',
      `The server cannot be recovered to ${describeTarget(target)}: a tablespace was made after the base backup and before that moment, and its directory may be a live server’s; recover to an earlier moment, or to one after a new base backup.`,
      { cause: error },
    );
  return new OperationError(
    'RecoveryFailed',
    `The server could not be recovered to ${describeTarget(target)} (${error.message.replace(/; [^;]*$/, '')}); ${remedyFor('RecoveryFailed')}.`,
    { cause: error },
  );
}
