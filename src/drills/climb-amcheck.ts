import { checkStructure } from '../postgres/amcheck.js';
import { onScratchServer, type RungAnswer, type RungContext, type Scratch } from './scratch-step.js';

/** The rung `amcheck`: checks the structure of a restored database's tables and indexes. */
export async function climbAmcheck(
  scratch: Scratch,
  database: string,
  context: RungContext,
): Promise<RungAnswer> {
  return onScratchServer(scratch, context, async (server, inner) => {
    const lack = await checkStructure(server, database, scratch, inner);
    return lack === undefined
      ? { outcome: 'passed', said: [] }
      : { outcome: 'notChecked', said: [`Tables and indexes could not be checked: ${lack}.`] };
  });
}
