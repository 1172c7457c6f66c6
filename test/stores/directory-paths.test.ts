import fc from 'fast-check';
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeName } from '../../src/model/names.js';
import { nameOfPartial, partialPath, pathOfKey } from '../../src/stores/directory-paths.js';

describe('pathOfKey', () => {
  it('never leaves the root', () => {
    const hostile = fc
      .array(fc.constantFrom('..', '.', '', '/', 'a', '../..', '\0', '.a', '...'))
      .map((all) => all.join('/'));
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string()), (key) => {
        let path: string;
        try {
          path = pathOfKey('/root/store', key);
        } catch (error) {
          expect(error).toMatchObject({ type: 'InvalidArgument' });
          return;
        }
        expect(relative('/root/store', path).split('/')).toEqual(key.split('/'));
        expect(path.startsWith('/root/store/')).toBe(true);
      }),
    );
  });

  it('takes every key that is made of encoded names', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        expect(pathOfKey('/root', `postgres/${encodeName(name)}/x`)).toBe(
          `/root/postgres/${encodeName(name)}/x`,
        );
      }),
    );
  });
});

describe('partialPath', () => {
  const sha256 = 'abcdef0123456789'.repeat(4);

  it('is told from every object and gives the name back', () => {
    expect(partialPath('/root/a/b.tar', sha256)).toBe('/root/a/.b.tar.abcdef012345.partial');
    expect(nameOfPartial('.b.tar.abcdef012345.partial')).toBe('b.tar');
    expect(nameOfPartial('b.tar.abcdef012345.partial')).toBeUndefined();
    expect(nameOfPartial('.b.tar')).toBeUndefined();
  });
});
