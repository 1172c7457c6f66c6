import type { ComparedDatabase } from '../../restores/compare-restored.js';
import type { CreatedRoles } from '../../restores/create-missing-roles.js';
import type { ExitCode } from '../context.js';
import { describeReplaced } from '../describe-replaced.js';
import { count, print, printJson } from '../output.js';

/** What a restore without Temporal has done. */
export interface RescueResult extends ComparedDatabase {
  backup: string;
  store: string;
  server: string;
  database: string;
  roles?: CreatedRoles;
  /** The database that was in its place: its name now, and the command that puts it back. */
  replaced?: { database: string; undo: string };
}

/** Prints what a restore did. */
export function reportRescue(result: RescueResult, { json }: { json: boolean }): ExitCode {
  if (json) printJson(result);
  else for (const line of describe(result)) print(line);
  return 0;
}

function describe({ database, server, backup, tables, rows, notes, roles, replaced }: RescueResult) {
  return [
    `Database ${database} on server ${server} is backup ${backup}: ${count(tables, 'table')} with ${count(rows, 'row')}, identical to the backup’s inventory.`,
    ...notes,
    ...(roles ? [`Made first, from the globals: ${roles.created.join(', ')}.`] : []),
    ...(roles?.omittedMemberships ?? []).map(
      ({ role, member }) => `Not made: the membership of ${member} in ${role}, which the server lacks.`,
    ),
    ...describeReplaced(replaced),
  ];
}
