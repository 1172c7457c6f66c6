import { OperationError } from '../model/failures.js';
import { parseMoment, type Moment } from '../model/moment.js';
import { parseLsn, type Lsn } from '../model/wal-segment.js';
import { runProgram, type ProgramContext } from '../programs/run-program.js';

/** A record of the write-ahead log, as pg_waldump shows it. */
export interface WalRecord {
  lsn: Lsn;
  /** What it does, e.g. `COMMIT 2026-03-04 14:29:00.123456 UTC`. */
  description: string;
}

/** Groups of records (resource managers). */
export type WalRecordGroup = 'Transaction' | 'XLOG';

const RECORD = /\blsn: ([0-9A-F]+\/[0-9A-F]+), prev .*?, desc: (.*)$/;
const END_OF_TRANSACTION =
  /^(?:COMMIT|ABORT)(?:_PREPARED)? (?:\d+: )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC/;
const RESTORE_POINT = /^RESTORE_POINT (.*)$/;

/**
 * Reads the records that begin in one segment file, in their order.
 *
 * That the file has no record after the last one is how pg_waldump ends, with an error: whether the file is whole is known
 * by its digest.
 *
 * @param program - pg_waldump of the server's major version
 * @param groups - only these; all when empty
 * @see https://www.postgresql.org/docs/current/pgwaldump.html
 */
export async function readWalRecords(
  program: string,
  file: string,
  groups: readonly WalRecordGroup[],
  onRecord: (record: WalRecord) => void,
  context: ProgramContext,
): Promise<void> {
  const onLine = (line: string) => {
    const [, lsn, description] = RECORD.exec(line) ?? [];
    if (lsn !== undefined) onRecord({ lsn: parseLsn(lsn)!, description: description! });
  };
  const args = [...groups.map((group) => `--rmgr=${group}`), file];
  await runProgram({ file: program, args, onLine }, context).catch((error: unknown) => {
    if (!(error instanceof OperationError) || error.type !== 'ProgramFailed') throw error;
  });
}

/** When the transaction ended that a record ends; undefined for another record. Recovery stops by these times. */
export function endOfTransaction({ description }: WalRecord): Moment | undefined {
  const [, time] = END_OF_TRANSACTION.exec(description) ?? [];
  return time === undefined ? undefined : parseMoment(`${time}Z`);
}

/** The name that `pg_create_restore_point` gave a record; undefined for another record. */
export function restorePointName({ description }: WalRecord): string | undefined {
  return RESTORE_POINT.exec(description)?.[1];
}
