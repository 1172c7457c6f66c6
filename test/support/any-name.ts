import fc from 'fast-check';

/** Characters that have a meaning to a path, a key, a shell, SQL or our own ids. */
const awkward = fc.constantFrom(
  ...[
    '/',
    '\\',
    '.',
    '..',
    ' ',
    "'",
    '"',
    '%',
    '%2F',
    '_',
    '-',
    '*',
    '?',
    '~',
    '\n',
    '\u007f',
    'ü',
    '本',
    '🐘',
  ],
  ...['app', 'app_staging', 'globals', '_20260503_020000', '.manifest.json', '.dump.tar.zst'],
);

/** Any name that PostgreSQL allows for a database: 1 to 63 bytes of UTF-8 without NUL. */
export const anyName: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: awkward, minLength: 1, maxLength: 12 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 63 }),
    fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 63 }),
  )
  .filter((name) => !name.includes('\0') && Buffer.byteLength(name) <= 63);

/** A moment that an id can hold: a whole second of a four-digit year. */
export const anySecond: fc.Arbitrary<Date> = fc
  .integer({ min: Date.UTC(1970, 0) / 1000, max: Date.UTC(9999, 11, 31, 23, 59, 59) / 1000 })
  .map((second) => new Date(second * 1000));
