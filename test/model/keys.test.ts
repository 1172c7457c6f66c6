import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  artifactKey,
  manifestKey,
  parseKey,
  serverPrefixes,
  subjectName,
  subjectPrefix,
  type BackupSubject,
} from '../../src/model/keys.js';
import { makeBackupId } from '../../src/model/names.js';
import { anyName, anySecond } from '../support/any-name.js';

const anySubject: fc.Arbitrary<BackupSubject> = fc.oneof(
  fc.record({ kind: fc.constant('database' as const), server: anyName, database: anyName }),
  fc.record({ kind: fc.constant('globals' as const), server: anyName }),
);
const anySuffix = fc.constantFrom('.zst', '.zst.gpg', '.gz', '.gz.gpg');

const idOf = (subject: BackupSubject, time: Date) => makeBackupId(subjectName(subject), time);

describe('parseKey', () => {
  it('gives back what made the key of a manifest and of an artifact', () => {
    fc.assert(
      fc.property(anySubject, anySecond, anySuffix, (subject, time, codec) => {
        const id = idOf(subject, time);
        const suffix = (subject.kind === 'database' ? '.dump.tar' : '.sql') + codec;
        expect(parseKey(manifestKey(subject, id))).toEqual({ subject, id, part: 'manifest' });
        expect(parseKey(artifactKey(subject, id, suffix))).toEqual({ subject, id, part: 'artifact' });
      }),
    );
  });

  it.each([
    'postgres/prod/app/app_20260503_020000.dump.tar.zst.gpg.part',
    'postgres/prod/app/app_20260503_020000.dump.tar',
    'postgres/prod/app/app_20260503_020000.dump.tarball',
    'postgres/prod/app/app_20260503_020000.sql',
    'postgres/prod/app/app_20260503_020000.sql.gz',
    'postgres/prod/app/app_20260503_020000',
    'postgres/prod/app/app_20260231_020000.manifest.json',
    'postgres/prod/app/other_20260503_020000.manifest.json',
    'postgres/prod/app/old/app_20260503_020000.manifest.json',
    'postgres/prod/app_20260503_020000.manifest.json',
    'postgres/prod/%61pp/app_20260503_020000.manifest.json',
    'postgres/prod/app/%61pp_20260503_020000.manifest.json',
    'postgres/prod//_20260503_020000.manifest.json',
    'postgres/%zz/app/app_20260503_020000.manifest.json',
    'globals/prod/globals_20260503_020000.dump.tar.zst',
    'globals/prod/app_20260503_020000.manifest.json',
    'globals/prod/globals/globals_20260503_020000.manifest.json',
    'globals/globals_20260503_020000.manifest.json',
    'base/prod/base_20260503_020000.manifest.json',
    'README.md',
    '',
  ])("'%s' is foreign", (key) => {
    expect(parseKey(key)).toBeUndefined();
  });
});

describe('prefixes', () => {
  it('hold the objects of one subject and of nobody else', () => {
    fc.assert(
      fc.property(anySubject, anySubject, anySecond, (one, other, time) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(manifestKey(one, idOf(one, time)).startsWith(subjectPrefix(one))).toBe(true);
        expect(manifestKey(other, idOf(other, time)).startsWith(subjectPrefix(one))).toBe(false);
      }),
    );
  });

  it('tell app from app_staging, and a name with a slash from a database below it', () => {
    const of = (database: string) => subjectPrefix({ kind: 'database', server: 'prod', database });
    expect(of('app_staging').startsWith(of('app'))).toBe(false);
    expect(of('app/x').startsWith(of('app'))).toBe(false);
    expect(subjectPrefix({ kind: 'database', server: 'a/b', database: 'c' })).not.toBe(
      subjectPrefix({ kind: 'database', server: 'a', database: 'b/c' }),
    );
  });

  it('of a server hold all its subjects and those of no other server', () => {
    fc.assert(
      fc.property(anySubject, anyName, (subject, server) => {
        const isWithin = serverPrefixes(server).some((prefix) => subjectPrefix(subject).startsWith(prefix));
        expect(isWithin).toBe(subject.server === server);
      }),
    );
    expect(serverPrefixes('prod')).toEqual(['postgres/prod/', 'globals/prod/']);
  });
});
