import { describe, expect, it } from 'vitest';
import {
  isRetryable,
  remedyFor,
  typeOfHttpStatus,
  typeOfMessage,
  typeOfSqlState,
  type FailureType,
} from '../../src/model/failures.js';

/** Every code of these classes. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const bySqlState: [type: FailureType | undefined, codes: string[]][] = [
  ['ServerUnreachable', ['08000', '08003', '08006', '08001', '08004', '08007', '08P01']],
  ['AuthenticationFailed', ['28000', '28P01']],
  ['DatabaseNotFound', ['3D000']],
  ['PermissionDenied', ['42501']],
  ['ServerUnreachable', ['53000', '53100', '53200', '53300', '53400']],
  ['LockTimeout', ['55P03']],
  ['ServerUnreachable', ['57P01', '57P02', '57P03', '57P05']],
  ['DatabaseNotFound', ['57P04']],
  [undefined, ['57000', '57014', '42601', '22P02', 'XX000', '']],
];

describe('an SQLSTATE', () => {
  it.each(bySqlState.flatMap(([type, codes]) => codes.map((code) => [code, type] as const)))(
    '%s is %s',
    (code, type) => {
      expect(typeOfSqlState(code)).toBe(type);
    },
  );
});

describe('an HTTP status', () => {
  it.each([
    [301, 'InvalidConfiguration'],
    [400, 'StoreDenied'],
    [403, 'StoreDenied'],
    [404, 'StoreNotFound'],
    [408, 'StoreUnreachable'],
    [409, 'StoreConflict'],
    [412, 'StoreConflict'],
    [429, 'StoreUnreachable'],
    [500, 'StoreUnreachable'],
    [503, 'StoreUnreachable'],
    [507, 'StoreFull'],
  ] as const)('%i is %s', (status, type) => {
    expect(typeOfHttpStatus(status)).toBe(type);
  });
});

describe('what a program says', () => {
  it.each([
    ['pg_dump: error: could not write to file "/staging/3001.dat": No space left on device', 'StagingFull'],
    ['zstd: error 70 : Write error : cannot write block : Disk quota exceeded', 'StagingFull'],
    [
      'pg_dump: error: connection to server at "db" (10.0.0.2), port 5432 failed: FATAL:  password authentication failed for user "backup"',
      'AuthenticationFailed',
    ],
    [
      'pg_dump: error: connection to server at "db" (10.0.0.2), port 5432 failed: FATAL:  database "no" does not exist',
      'DatabaseNotFound',
    ],
    [
      'pg_dump: error: connection to server at "db" (10.0.0.2), port 5432 failed: FATAL:  role "backup" does not exist',
      'AuthenticationFailed',
    ],
    [
      'pg_dump: error: connection to server at "db" (10.0.0.2), port 5432 failed: FATAL:  sorry, too many clients already',
      'ServerUnreachable',
    ],
    ['pg_dump: error: query failed: ERROR:  permission denied for table agents', 'PermissionDenied'],
    ['pg_dump: error: could not obtain lock on relation "public"."agents"', 'LockTimeout'],
    ['pg_dump: error: query failed: server closed the connection unexpectedly', 'ServerUnreachable'],
    [
      'pg_dump: error: query failed: FATAL:  terminating connection due to administrator command',
      'ServerUnreachable',
    ],
    [
      'pg_restore: error: could not execute query: ERROR:  could not open extension control file "/usr/share/extension/vector.control": No such file or directory',
      'TargetUnfit',
    ],
    [
      'pg_restore: error: could not execute query: ERROR:  extension "vector" is not available',
      'TargetUnfit',
    ],
    [
      'pg_restore: error: could not execute query: ERROR:  pg_stat_statements must be loaded via shared_preload_libraries',
      'TargetUnfit',
    ],
    [
      'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "app.tenant"',
      'TargetUnfit',
    ],
    ['pg_restore: error: could not execute query: ERROR:  role "agentic" does not exist', 'TargetUnfit'],
    ['pg_restore: error: could not execute query: ERROR:  tablespace "fast" does not exist', 'TargetUnfit'],
    ['gpg: 0123: skipped: No public key', 'KeyUnusable'],
    ['tar: ./3001.dat: Cannot open: Permission denied', undefined],
    ['', undefined],
  ])('%j is %s', (message, type) => {
    expect(typeOfMessage(message)).toBe(type);
  });
});

describe('a type', () => {
  const fixable: FailureType[] = [
    'InvalidArgument',
    'InvalidConfiguration',
    'AlreadyRunning',
    'DatabaseNotFound',
    'AuthenticationFailed',
    'PermissionDenied',
    'ProgramMissing',
    'KeyUnusable',
    'StagingTooSmall',
    'StoreDenied',
    'StoreNotFound',
    'StoreConflict',
    'ArtifactDamaged',
    'BackupsFailed',
  ];
  const passing: FailureType[] = [
    'ServerUnreachable',
    'LockTimeout',
    'ProgramFailed',
    'StagingFull',
    'StoreUnreachable',
    'StoreFull',
    'NotificationFailed',
    'Stalled',
    'Unexpected',
  ];

  it('that somebody has to correct is not tried again, and one that passes is', () => {
    expect(fixable.filter(isRetryable)).toEqual([]);
    expect(passing.filter((type) => !isRetryable(type))).toEqual([]);
  });

  it('has a remedy that ends a sentence', () => {
    for (const type of [...fixable, ...passing]) expect(remedyFor(type)).toMatch(/^[a-z].*[^.]$/);
  });
});
