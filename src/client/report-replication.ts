import type { ReplicationResult } from '../model/replication.js';
import type { ExitCode } from './context.js';
import { count, formatBytes, print, printJson } from './output.js';

/** Prints what was copied to a replica, and answers with the exit code. */
export function reportReplication(result: ReplicationResult, { json }: { json: boolean }): ExitCode {
  const { store, objects, bytes, faults } = result;
  if (json) printJson(result);
  else {
    for (const { message } of faults) print(message);
    print(
      faults.length === 0
        ? `Store "${store}" has all that the primary has; ${count(objects, 'object')} copied, ${formatBytes(bytes)}.`
        : `${count(objects, 'object')} copied to store "${store}", ${formatBytes(bytes)}; what could not be copied stands above.`,
    );
  }
  return faults.length === 0 ? 0 : 1;
}
