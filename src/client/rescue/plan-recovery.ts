import { createHash } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveServer } from '../../config/resolve.js';
import { OperationError } from '../../model/failures.js';
import { makeBackupId } from '../../model/names.js';
import { requireOutcome, targetOf } from '../../model/recovery-argument.js';
import { describeTarget } from '../../model/recovery-target.js';
import { replacedName, restoredName } from '../../model/restore-names.js';
import { readDatabaseSizes } from '../../postgres/database-sizes.js';
import { refuseIrreplaceable } from '../../postgres/refuse-unswappable.js';
import { estimateRecovery, type RecoveryEstimate } from '../../recovery/estimate-recovery.js';
import { findInStores } from '../../recovery/find-in-stores.js';
import type { FoundTarget } from '../../recovery/find-target.js';
import { requireFreeDirectory } from '../../recovery/hand-over.js';
import { findSpools, gatherSpooledWal, withSpooledWal, type SpooledWal } from '../../recovery/spooled-wal.js';
import { checkMeans } from '../../restores/check-means.js';
import type { Store } from '../../stores/store.js';
import { formatBytes } from '../output.js';
import { toTargetArgument, type TargetOptions } from '../recovery-options.js';
import { findLeftovers, KEYS_REMEDY } from './inspect-target.js';
import type { Rescue } from './with-rescue.js';

/** What a recovery without Temporal is to do. */
export interface RecoveryChoice extends TargetOptions {
  database?: string;
  into?: string;
  as?: string;
  swap?: boolean;
  /** The staging volume of the worker that archived WAL. Default: that of the configuration. */
  spool?: string;
}

/** The database that is taken out, and what becomes of it. */
export interface TakenDatabase {
  database: string;
  made: string;
  restoreId: string;
  replaces?: { database: string; becomes: string };
}

/** A recovery that can begin. */
export interface PlannedRescue {
  store: Store;
  found: FoundTarget;
  estimate: RecoveryEstimate;
  /** Names what comes of it. */
  id: string;
  /** Where it works: the same for the next try at the same target. */
  directory: string;
  taken?: TakenDatabase;
  /** What is read from the spool. */
  spooled: Omit<SpooledWal, 'store'>;
}

const WHOLE_SERVER = 'server';

/**
 * Plans one recovery from what the stores hold, and refuses what cannot be while nothing has been made yet.
 *
 * @throws OperationError `TargetOutOfWindow`, `WalMissing`, `BackupNotFound`, `KeyUnusable`, `TargetExists`,
 * `StagingTooSmall`, `InvalidArgument`
 */
export async function planRecovery(rescue: Rescue, choice: RecoveryChoice): Promise<PlannedRescue> {
  const { source, means, scratch, signal } = rescue;
  const now = new Date();
  requireOutcome({
    ...toTargetArgument(choice),
    ...(choice.database === undefined ? {} : { database: choice.database }),
    ...(choice.into === undefined ? {} : { into: { directory: choice.into } }),
  });
  const wanted = targetOf(toTargetArgument(choice), now);
  if (choice.into !== undefined) await requireFreeDirectory(choice.into);
  const options = { ...means, workDirectory: scratch };
  const spooled = await readSpool(rescue, choice.spool);
  const stores = source.stores.map((store) => withSpooledWal(store, spooled));
  const { store, found } = await findInStores(stores, undefined, wanted, {
    ...{ server: source.server, options, context: { signal } },
    // Whoever archives may be gone with all else: what is in the stores and in its spool is what there is.
    bringUpToDate: () => Promise.resolve(false),
  });
  const { base, target, path } = found;
  const major = Math.floor(base.serverVersion / 10000);
  await checkMeans(base, major, options, KEYS_REMEDY, { signal });
  const moment = target.kind === 'time' ? new Date(target.time) : now;
  const what = `${base.id} ${describeTarget(target)} ${target.kind === 'end' ? path.last : ''}`;
  const digest = createHash('sha256').update(what).digest('hex').slice(0, 8);
  const estimate = estimateRecovery(found, choice.database !== undefined);
  const directory = join(rescue.directory, `${base.id}.recovery-${digest}`);
  await requireSpace(rescue, estimate);
  return {
    ...{ store, found, estimate, directory, spooled },
    id: makeBackupId(choice.database ?? WHOLE_SERVER, moment),
    ...(choice.database === undefined
      ? {}
      : { taken: await planTaken(rescue, choice.database, choice, `rescue of ${what}`, now) }),
  };
}

/** What was received of the server's WAL and is in no store: it can be had on the host that archived, and nowhere else. */
async function readSpool({ source, means, scratch, signal }: Rescue, named?: string): Promise<SpooledWal> {
  const { configuration, server, stores } = source;
  const staging = named ?? configuration?.staging.directory;
  const received = configuration && resolveServer(configuration, server).wal?.directory;
  const directories = [
    ...(staging === undefined ? [] : await findSpools(staging, server)),
    ...(received === undefined ? [] : [received]),
  ];
  if (named !== undefined && directories.length === 0)
    throw new OperationError(
      'InvalidArgument',
      `${named} holds no WAL of server ${server}; name the staging volume of the worker that archived it with --spool, or leave that out.`,
    );
  const { programDirectories } = means;
  const work = join(scratch, 'spool');
  return gatherSpooledWal(directories, server, stores[0], work, { programDirectories, signal });
}

async function planTaken(
  rescue: Rescue,
  database: string,
  { as, swap = false }: RecoveryChoice,
  what: string,
  now: Date,
): Promise<TakenDatabase> {
  const { target, signal } = rescue;
  const made = as ?? restoredName(database, now);
  const becomes = replacedName(database, now);
  // The same for the next try, whose names have another time in them.
  const restoreId = `${what} ${swap ? `in place of ${database}` : as === undefined ? `${database} beside` : `as ${as}`}`;
  const existing = await readDatabaseSizes(target, [made, database], signal);
  if (existing.has(made) && !(await findLeftovers(rescue, restoreId)).includes(made))
    throw new OperationError(
      'TargetExists',
      `Server ${target.server.name} has a database "${made}" already, and nothing is ever restored into one that exists; name another with --as, or replace it with --swap.`,
    );
  if (swap && !existing.has(database))
    throw new OperationError(
      'TargetUnfit',
      `Server ${target.server.name} has no database "${database}" to be replaced; restore it with --as ${database}.`,
    );
  if (swap) await refuseIrreplaceable(target, database, signal);
  return { database, made, restoreId, ...(swap ? { replaces: { database, becomes } } : {}) };
}

async function requireSpace({ directory }: Rescue, { stagingBytes }: RecoveryEstimate): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (stagingBytes <= bavail * bsize) return;
  throw new OperationError(
    'StagingTooSmall',
    `${directory} has ${formatBytes(stagingBytes - bavail * bsize)} too little for the recovery; name a larger one with --directory.`,
  );
}
