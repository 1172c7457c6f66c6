import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backupDatabaseArgument,
  backupDatabasesArgument,
  backupGlobalsArgument,
  parseArgument,
  pruneBackupsArgument,
  restoreDatabaseArgument,
} from '../../src/model/arguments.js';
import { OperationError } from '../../src/model/failures.js';
import { anyName } from '../support/any-name.js';
import { catchError } from '../support/catch-error.js';

const schemas = {
  backupDatabases: backupDatabasesArgument,
  backupDatabase: backupDatabaseArgument,
  backupGlobals: backupGlobalsArgument,
  pruneBackups: pruneBackupsArgument,
  restoreDatabase: restoreDatabaseArgument,
};

describe('parseArgument', () => {
  it('accepts every name that PostgreSQL allows', () => {
    fc.assert(
      fc.property(anyName, anyName, (server, database) => {
        const argument = { server, database };
        expect(parseArgument('backupDatabase', backupDatabaseArgument, argument)).toEqual(argument);
      }),
    );
  });

  it.each([undefined, null, {}])('takes %j for no argument where nothing is required', (argument) => {
    for (const type of ['backupDatabases', 'backupGlobals', 'pruneBackups'] as const)
      expect(parseArgument<object>(type, schemas[type], argument)).toEqual({});
  });

  it.each([
    ['backupDatabase', {}, 'database: expected string'],
    ['backupDatabase', undefined, 'database: expected string'],
    ['backupDatabase', { database: '' }, 'database: '],
    ['backupDatabase', { database: 'x'.repeat(64) }, 'database: '],
    ['backupDatabase', { database: 'a\0b' }, 'database: must hold no NUL'],
    ['backupDatabase', { database: '\ud83d' }, 'database: must hold no NUL and no half of a character'],
    ['backupDatabase', { database: 'app', databse: 'app' }, 'databse: is not a field'],
    ['backupDatabases', { databases: 'app' }, 'databases: expected array'],
    ['backupDatabases', { databases: [] }, 'databases: '],
    ['backupDatabases', { databases: ['app', 7] }, 'databases.1: expected string'],
    ['backupDatabases', { reason: 'x'.repeat(1001) }, 'reason: '],
    ['backupGlobals', { server: 5 }, 'server: expected string'],
    ['restoreDatabase', { database: 'app', tables: ['t'], mode: 'swap' }, 'tables: cannot be given with'],
    ['pruneBackups', { dryRun: 'yes' }, 'dryRun: expected boolean'],
    ['pruneBackups', 'now', 'the whole: expected object'],
    ['pruneBackups', ['now'], 'the whole: expected object'],
  ] as const)('%s refuses %j and names the field', (type, argument, fault) => {
    const error = catchError(() => parseArgument<object>(type, schemas[type], argument));
    expect(error).toBeInstanceOf(OperationError);
    expect(error).toMatchObject({ type: 'InvalidArgument' });
    expect(error.message).toContain(`The argument of ${type} is wrong: ${fault}`);
    expect(error.message).toMatch(/; correct it and start again\.$/);
  });

  it('never throws anything else, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...Object.keys(schemas)), (argument, type) => {
        try {
          parseArgument<object>(type, schemas[type as keyof typeof schemas], argument);
        } catch (error) {
          expect(error).toBeInstanceOf(OperationError);
        }
      }),
    );
  });
});
