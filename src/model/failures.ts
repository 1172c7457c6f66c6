interface Treatment {
  /** Whether trying again can help. */
  retryable: boolean;
  /** What an operator does about it, as the end of a sentence. */
  remedy: string;
}

const fixable = (remedy: string): Treatment => ({ retryable: false, remedy });
const passing = (remedy: string): Treatment => ({ retryable: true, remedy });

/**
 * The types of failure a workflow can end with, whether trying again can help, and what to do.
 *
 * This table is the only place that decides it: activities turn every error into one of these types, and the
 * workflows' retry policies hold no list of their own.
 */
const treatments = {
  InvalidArgument: fixable('correct it and start again'),
  InvalidConfiguration: fixable('correct backups.yaml and run "temponest-backups config check"'),
  AlreadyRunning: fixable('wait for the running one or cancel it'),
  DatabaseNotFound: fixable('check the name, or remove the database from backups.yaml'),
  ServerUnreachable: passing('check that the server runs and that host, port and max_connections allow it'),
  AuthenticationFailed: fixable('check user and passwordFile of the server in backups.yaml, and pg_hba.conf'),
  PermissionDenied: fixable(
    'grant the backup role pg_read_all_data and pg_monitor, BYPASSRLS where there is row-level security, superuser for globals and large objects',
  ),
  LockTimeout: passing('see who holds the lock in pg_locks, or raise lockWaitTimeout'),
  ProgramMissing: fixable('install it on the worker'),
  ProgramFailed: passing('see the worker log'),
  DumpImplausible: passing('nothing was stored; see the worker log and the server log'),
  KeyUnusable: fixable('renew or replace the key and update encryption.recipients'),
  StagingFull: passing('free space on the staging volume'),
  StagingTooSmall: fixable('enlarge the staging volume'),
  StagingLost: fixable('start it again'),
  StoreUnreachable: passing('check the network and the store endpoint'),
  StoreDenied: fixable('check the credentials and the permissions of the store'),
  StoreNotFound: fixable('create the bucket or directory, or correct the store URL'),
  StoreFull: passing('free space in the store, or enlarge it'),
  StoreConflict: fixable('find out who wrote the object; nothing is ever overwritten'),
  ArtifactDamaged: fixable('check disk and memory of the machine, and make a new backup'),
  ManifestUnreadable: fixable('restore it from a copy of the store, or make a new backup'),
  BackupNotFound: fixable('see "temponest-backups list" for what the stores hold'),
  TargetExists: fixable('name another database, or rename or drop the one that is there'),
  TargetUnfit: fixable('make the target what the backup needs, or restore into another server'),
  ApprovalDenied: fixable('ask who denied it, and start again'),
  ApprovalTimedOut: fixable('find an approver, and start again'),
  ApprovalUnavailable: passing('check approvals.url, its token and that the service runs'),
  InventoryMismatch: fixable('restore another backup, and find out what changed this one'),
  DrillFailed: fixable('see the report, and make a new backup of what is not proven'),
  WalMissing: fixable('see "temponest-backups wal status", and make a new base backup'),
  WalConflict: fixable('find out which server wrote the other one; nothing is ever overwritten'),
  SlotUnusable: fixable('make a new base backup; the gap is kept in the catalogue'),
  TargetOutOfWindow: fixable('name a moment inside the window'),
  RecoveryFailed: fixable('see the log of the scratch server in the worker log'),
  CutoverFailed: fixable('take them by hand, in that order'),
  NotificationFailed: passing('check the notification channel'),
  WorkerMissing: fixable('start one with "temponest-backups worker --roles restore"'),
  Stalled: passing('see what the program or the network waits for'),
  BackupsFailed: fixable('see the failure of each database'),
  Unexpected: passing('see the worker log'),
} as const satisfies Record<string, Treatment>;

export type FailureType = keyof typeof treatments;

/** Every type of the table. */
export const failureTypes = Object.keys(treatments) as FailureType[];

/** Whether a step that failed with `type` may be tried again. */
export function isRetryable(type: FailureType): boolean {
  return treatments[type].retryable;
}

/** What an operator does about a failure of `type`, as the end of a sentence. */
export function remedyFor(type: FailureType): string {
  return treatments[type].remedy;
}

/** An error an operator can act on: the message is one sentence that says what is wrong and what to do. */
export class OperationError extends Error {
  override readonly name = 'OperationError';

  constructor(
    readonly type: FailureType,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/**
 * SQLSTATE → type; a class (two characters) stands for all its codes unless one is listed whole.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const bySqlState: Record<string, FailureType> = {
  '08': 'ServerUnreachable',
  '28': 'AuthenticationFailed',
  '3D000': 'DatabaseNotFound',
  '42501': 'PermissionDenied',
  // A role or setting that is not there, a locale that the server's system does not have; nothing that a dump asks for.
  '42704': 'TargetUnfit',
  '42809': 'TargetUnfit',
  '42P04': 'TargetExists',
  '53': 'ServerUnreachable',
  '55P03': 'LockTimeout',
  '57P': 'ServerUnreachable',
  '57P04': 'DatabaseNotFound',
};

/** HTTP status of a store's answer → type. Any other 5xx is the store's own trouble and passes. */
const byHttpStatus: Record<number, FailureType> = {
  301: 'InvalidConfiguration',
  400: 'StoreDenied',
  401: 'StoreDenied',
  403: 'StoreDenied',
  404: 'StoreNotFound',
  408: 'StoreUnreachable',
  409: 'StoreConflict',
  412: 'StoreConflict',
  429: 'StoreUnreachable',
  501: 'InvalidConfiguration',
  507: 'StoreFull',
};

/** What a program or libpq says on standard error, under `LC_ALL=C`, → type. First match wins. */
const byMessage: [RegExp, FailureType][] = [
  [/No space left on device|Disk quota exceeded/, 'StagingFull'],
  [
    /password authentication failed|no password supplied|no pg_hba\.conf entry|FATAL: +role "(.*)" does not exist/,
    'AuthenticationFailed',
  ],
  [/database "(.*)" does not exist/, 'DatabaseNotFound'],
  // Only pg_restore makes what needs them.
  [
    /(role|tablespace) "(.*)" does not exist|extension "(.*)" is not available|could not (open extension control|access) file/,
    'TargetUnfit',
  ],
  // What the configuration of the other server had.
  [/shared_preload_libraries|unrecognized configuration parameter/, 'TargetUnfit'],
  [
    /permission denied|row-level security policy|must be (owner|superuser|(a )?member|able to SET ROLE)/,
    'PermissionDenied',
  ],
  // pg_dump waits for locks under a statement_timeout, and for nothing else.
  [/canceling statement due to (lock|statement) timeout|could not obtain lock/, 'LockTimeout'],
  [
    /could not connect|connection to server|server closed the connection|terminating connection|the database system is/,
    'ServerUnreachable',
  ],
  [/No public key|Unusable public key|skipped: No/, 'KeyUnusable'],
];

/** The type for an SQLSTATE, if the table knows it. */
export function typeOfSqlState(sqlState: string): FailureType | undefined {
  return bySqlState[sqlState] ?? bySqlState[sqlState.slice(0, 3)] ?? bySqlState[sqlState.slice(0, 2)];
}

/** The type for a store's HTTP status. */
export function typeOfHttpStatus(status: number): FailureType {
  return byHttpStatus[status] ?? 'StoreUnreachable';
}

/** The type for a program's standard error, if the table knows it. */
export function typeOfMessage(message: string): FailureType | undefined {
  return byMessage.find(([pattern]) => pattern.test(message))?.[1];
}
