import { OperationError } from '../model/failures.js';
import type { RestorePlan } from '../model/restore.js';
import { replacedName, restoredName } from '../model/restore-names.js';
import type { AdministeredServer } from '../postgres/administer.js';
import { refuseIrreplaceable } from '../postgres/refuse-unswappable.js';
import { refuseTemporalState } from './refuse-temporal-state.js';

/** What is asked for: the database, and what it is to be called. */
export interface WantedDatabase {
  database: string;
  into?: { database?: string | undefined } | undefined;
  mode?: RestorePlan['mode'] | undefined;
}

/** Those of the databases asked for that a server has, with their sizes in bytes. */
export interface ExistingDatabases {
  existing: ReadonlyMap<string, number>;
}

/** The names of the database that is made and, after a swap, of the one that was there. */
function nameDatabases({ database, into }: WantedDatabase, time: Date) {
  return { made: into?.database ?? restoredName(database, time), becomes: replacedName(database, time) };
}

/** Names that no database has: that of this second, or of a later one where another restore was as quick. */
export async function findFreeNames<Facts extends ExistingDatabases>(
  argument: WantedDatabase,
  server: string,
  readFacts: (databases: string[]) => Promise<Facts>,
) {
  const { database, into, mode } = argument;
  if (mode === 'swap' && into?.database !== undefined)
    throw new OperationError(
      'InvalidArgument',
      'into.database: cannot be given with mode swap, which replaces the database of the backup’s own name; leave it out.',
    );
  for (let time = Date.now(); ; time += 1000) {
    const names = nameDatabases(argument, new Date(time));
    const facts = await readFacts([names.made, names.becomes, database]);
    const isTaken = facts.existing.has(names.made);
    if (isTaken && into?.database !== undefined) throw targetExists(server, names.made);
    if (!isTaken && !facts.existing.has(names.becomes)) return { names, facts };
  }
}

function targetExists(server: string, database: string): OperationError {
  return new OperationError(
    'TargetExists',
    `Server ${server} has a database "${database}" already, and nothing is ever restored into one that exists; name another in into.database, or rename or drop it.`,
  );
}

/**
 * What a swap would replace, and under which name that is kept.
 *
 * @throws OperationError `TargetUnfit` when there is nothing to replace, or something that must not be replaced
 */
export async function planReplacement(
  target: AdministeredServer,
  database: string,
  becomes: string,
  { existing }: ExistingDatabases,
  signal: AbortSignal,
): Promise<NonNullable<RestorePlan['replaces']>> {
  const bytes = existing.get(database);
  if (bytes === undefined)
    throw new OperationError(
      'TargetUnfit',
      `Server ${target.server.name} has no database "${database}" to be replaced; restore it with mode beside and into.database "${database}".`,
    );
  await refuseTemporalState(target.server, database, signal);
  await refuseIrreplaceable(target, database, signal);
  return { database, bytes, becomes };
}
