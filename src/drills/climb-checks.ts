import { runChecks } from '../postgres/sql-checks.js';
import { onScratchServer, type RungAnswer, type RungContext, type Scratch } from './scratch-step.js';

/**
 * The rung `checks`: asks a restored database what the operator wants to be true of it.
 *
 * @param checks - what `servers[].checks` has for the database
 */
export async function climbChecks(
  scratch: Scratch,
  database: string,
  checks: readonly string[],
  context: RungContext,
): Promise<RungAnswer> {
  if (checks.length === 0) return { outcome: 'notChecked', said: ['No checks are configured for it.'] };
  return onScratchServer(scratch, context, async (server, inner) => {
    await runChecks(server, database, checks, inner);
    return { outcome: 'passed', said: [] };
  });
}
