import { chooseBackup } from '../../catalogue/choose-backup.js';
import { startingWith } from '../../catalogue/read-from-stores.js';
import { OperationError } from '../../model/failures.js';
import { findTables } from '../../model/find-tables.js';
import { replacedName, restoredName } from '../../model/restore-names.js';
import { refuseIrreplaceable } from '../../postgres/refuse-unswappable.js';
import { outlineBackup } from '../../restores/outline-backup.js';
import type { Restoration } from '../../restores/restore-backup.js';
import type { RestoreOutline } from '../describe-plan.js';
import { findLeftovers, inspectTarget, refuseMissingExtensions, requireDatabase } from './inspect-target.js';
import type { Rescue } from './with-rescue.js';
import { findMissingSpace, refuseMissingSpace } from './work-space.js';

/** What a restore without Temporal is to do. */
export interface RestoreChoice {
  backup?: string;
  before?: string;
  as?: string;
  swap?: boolean;
  table?: string[];
  createRoles?: boolean;
}

/** A restore that can begin, unless something is missing. */
export interface RescuePlan {
  outline: RestoreOutline;
  restoration: Restoration;
}

/**
 * Plans one restore, and refuses what cannot be while nothing has been made yet.
 *
 * @throws OperationError as {@link inspectTarget}; `BackupNotFound`, `TargetExists`, `TargetUnfit`, `InvalidArgument`
 */
export async function planRestore(
  rescue: Rescue,
  database: string,
  { backup, before, as, swap = false, table, createRoles = false }: RestoreChoice,
): Promise<RescuePlan> {
  const { source, target, signal } = rescue;
  const subject = { kind: 'database', server: source.server, database } as const;
  const choice = before === undefined ? (backup ?? 'latest') : { before };
  const chosen = await chooseBackup(source.stores, subject, choice, undefined, signal);
  const { store } = chosen;
  const manifest = requireDatabase(chosen.manifest);
  const tables = table && findTables(manifest.inventory, table);

  const now = new Date();
  const made = as ?? restoredName(database, now);
  const becomes = replacedName(database, now);
  // The same for the next try, whose names have another time in them.
  const restoreId = `rescue of ${manifest.id} ${swap ? `in place of ${database}` : as === undefined ? 'beside' : `as ${as}`}`;
  const facts = await inspectTarget(rescue, manifest, [made, database]);
  if (facts.existing.has(made) && !(await findLeftovers(rescue, restoreId)).includes(made))
    throw new OperationError(
      'TargetExists',
      `Server ${target.server.name} has a database "${made}" already, and nothing is ever restored into one that exists; name another with --as, or replace it with --swap.`,
    );
  const replacedBytes = facts.existing.get(database);
  if (swap && replacedBytes === undefined)
    throw new OperationError(
      'TargetUnfit',
      `Server ${target.server.name} has no database "${database}" to be replaced; restore it with --as ${database}.`,
    );
  if (swap) await refuseIrreplaceable(target, database, signal);
  return {
    outline: {
      backup: outlineBackup(manifest, now),
      store: store.name,
      ...(chosen.passedOver.length > 0 ? { passedOver: chosen.passedOver } : {}),
      into: { server: target.server.name, database: made },
      mode: swap ? 'swap' : 'beside',
      ...(tables ? { tables } : {}),
      createRoles,
      ...(swap ? { replaces: { database, bytes: replacedBytes!, becomes } } : {}),
      missing: {
        roles: facts.missingRoles,
        extensions: facts.missingExtensions,
        stagingBytes: await findMissingSpace(rescue, manifest),
      },
    },
    restoration: {
      stores: startingWith(store, source.stores),
      manifest,
      ...(tables ? { tables } : {}),
      target: { ...target, database: made, restoreId },
      ...(swap ? { replaces: { database, becomes } } : {}),
    },
  };
}

/**
 * Refuses a restore for which something is missing.
 *
 * @throws OperationError `TargetUnfit`, `StagingTooSmall`
 */
export function refuseMissing(
  rescue: Rescue,
  { outline: { missing, createRoles }, restoration: { manifest } }: RescuePlan,
): void {
  refuseMissingExtensions(rescue, manifest, missing.extensions);
  if (missing.roles.length > 0 && !createRoles)
    throw new OperationError(
      'TargetUnfit',
      `Server ${rescue.target.server.name} lacks the roles ${missing.roles.join(', ')} of backup ${manifest.id}; create them, or add --create-roles.`,
    );
  refuseMissingSpace(rescue, manifest, missing.stagingBytes);
}
