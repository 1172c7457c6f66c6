import type { BaseBackupResult } from '../model/results.js';
import type { ExitCode } from './context.js';
import { formatBytes, print, printJson } from './output.js';

/** Prints what came of a base backup, and answers with the exit code. */
export function reportBaseBackup(result: BaseBackupResult, { json }: { json: boolean }): ExitCode {
  if (json) {
    printJson(result);
    return 0;
  }
  const { server, backupId, incrementalTo, dataBytes, bytes, startLsn, stopLsn, stopTime, secondsPerStep } =
    result;
  const seconds = Object.values(secondsPerStep).reduce((sum, step) => sum + step, 0);
  const of = incrementalTo === undefined ? '' : ` (the changes since ${incrementalTo})`;
  print(
    `Base backup ${backupId} of server ${server} committed${of}: ${formatBytes(dataBytes)}, stored as ${formatBytes(bytes)}, in ${seconds.toFixed(1)} s.`,
  );
  print(
    `It needs WAL from ${startLsn} to ${stopLsn}; what was committed after ${stopTime} can be recovered.`,
  );
  return 0;
}
