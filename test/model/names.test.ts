import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeName, encodeName, makeBackupId, parseBackupId } from '../../src/model/names.js';
import { anyName, anySecond } from '../support/any-name.js';

describe('encodeName', () => {
  it('gives every name back', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(decodeName(encodeName(name))).toBe(name);
      }),
    );
  });

  it('makes one segment that no shell, file system or store takes for anything else', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(encodeName(name)).toMatch(/^[\w%-][\w%.-]*$/);
      }),
    );
  });

  it('fits the longest name of PostgreSQL, 63 bytes, into a file name of 255 with the suffixes', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const id = makeBackupId(name, new Date('2026-05-03T02:00:00Z'));
        expect(`${id}.dump.tar.zst.gpg`.length).toBeLessThanOrEqual(255);
      }),
    );
  });

  it.each([
    ['app', 'app'],
    ['my db', 'my%20db'],
    ['a/b', 'a%2Fb'],
    ['..', '%2E.'],
    ['.', '%2E'],
    ['v1.2', 'v1.2'],
    ['ü', '%C3%BC'],
    [`it's "(x)!*~`, 'it%27s%20%22%28x%29%21%2A%7E'],
    ['100%', '100%25'],
  ])('writes %s as %s', (name, segment) => {
    expect(encodeName(name)).toBe(segment);
  });
});

describe('backup ids', () => {
  it('give back name and time', () => {
    fc.assert(
      fc.property(anyName, anySecond, (name, time) => {
        expect(parseBackupId(makeBackupId(name, time))).toEqual({ name, time });
      }),
    );
  });

  it('sort by time', () => {
    fc.assert(
      fc.property(anyName, anySecond, anySecond, (name, one, other) => {
        fc.pre(one < other);
        expect(makeBackupId(name, one) < makeBackupId(name, other)).toBe(true);
      }),
    );
  });

  it('are read in one way only: what parses is what was made', () => {
    const almost = fc
      .tuple(fc.oneof(anyName, anyName.map(encodeName)), fc.stringMatching(/^\d{8}_\d{6}$/))
      .map(([name, time]) => `${name}_${time}`);
    fc.assert(
      fc.property(almost, (id) => {
        const parsed = parseBackupId(id);
        if (parsed) expect(makeBackupId(parsed.name, parsed.time)).toBe(id);
      }),
    );
  });

  it.each([
    'app',
    '_20260503_020000',
    'app_20260503',
    'app_20260503_0200',
    'app_20260231_020000',
    'app_20261301_020000',
    'app_20260503_240000',
    'app_20260503_025960',
    '%61pp_20260503_020000',
    'my db_20260503_020000',
    '%zz_20260503_020000',
    'app_20260503_020000.manifest.json',
  ])('%s is none', (id) => {
    expect(parseBackupId(id)).toBeUndefined();
  });
});
