/**
 * The types of failure a workflow can end with, and whether trying again can help.
 *
 * This table is the only place that decides it: activities turn every error into one of these types, and the
 * workflows' retry policies hold no list of their own.
 */
const retryable = {
  InvalidArgument: false,
  InvalidConfiguration: false,
  AlreadyRunning: false,
  DatabaseNotFound: false,
  ServerUnreachable: true,
  AuthenticationFailed: false,
  PermissionDenied: false,
  LockTimeout: true,
  ProgramMissing: false,
  ProgramFailed: true,
  DumpImplausible: true,
  KeyUnusable: false,
  StagingFull: true,
  StagingTooSmall: false,
  StagingLost: false,
  StoreUnreachable: true,
  StoreDenied: false,
  StoreNotFound: false,
  StoreConflict: false,
  ArtifactDamaged: true,
  ManifestUnreadable: false,
  NotificationFailed: true,
  Stalled: true,
  BackupsFailed: false,
  Unexpected: true,
} as const satisfies Record<string, boolean>;

export type FailureType = keyof typeof retryable;

/** Whether a step that failed with `type` may be tried again. */
export function isRetryable(type: FailureType): boolean {
  return retryable[type];
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
  '53': 'ServerUnreachable',
  '55P03': 'LockTimeout',
  '57P': 'ServerUnreachable',
};

/** HTTP status of a store's answer → type. 5xx and 429 are the store's own trouble and pass. */
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
};

/** What a program or libpq says on standard error, under `LC_ALL=C`, → type. First match wins. */
const byMessage: [RegExp, FailureType][] = [
  [/No space left on device|Disk quota exceeded/, 'StagingFull'],
  [/password authentication failed|no password supplied|no pg_hba\.conf entry/, 'AuthenticationFailed'],
  [/database "(.*)" does not exist/, 'DatabaseNotFound'],
  [/permission denied/, 'PermissionDenied'],
  [/canceling statement due to lock timeout|could not obtain lock/, 'LockTimeout'],
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
