import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitStatements } from '../../src/postgres/split-statements.js';

const texts = (script: string) => splitStatements(script).map(({ text }) => text);

describe('a script', () => {
  it('is split at its semicolons, without comments and lines to psql between the statements', () => {
    const script = `--
-- Roles; and more
--
\\restrict x;y
SET client_encoding = 'UTF8';

/* a; /* nested; */ b; */
CREATE ROLE app;
\\unrestrict x;y
;;
ALTER ROLE app -- why;
  SET a TO 'b';
`;
    expect(texts(script)).toEqual([
      "SET client_encoding = 'UTF8'",
      'CREATE ROLE app',
      "ALTER ROLE app -- why;\n  SET a TO 'b'",
    ]);
  });

  it.each([
    ['a string', `COMMENT ON ROLE a IS 'x; -- "y\n/* '' z'`],
    ['a string that ends in a backslash', `COMMENT ON ROLE a IS 'C:\\'`],
    ['a string with escapes', `COMMENT ON ROLE a IS E'x\\'; \\\\'`],
    ['a string in dollars', `COMMENT ON ROLE a IS $q$it's; $$ x; $q$`],
    ['an identifier', `ALTER ROLE "a;""'--b\n/*" SET x TO 'y'`],
    ['a word with a dollar', `ALTER ROLE a$b$c SET x TO 'y$b$'`],
  ])('is not split inside %s', (_what, statement) => {
    expect(texts(`${statement};\nCREATE ROLE b;`)).toEqual([statement, 'CREATE ROLE b']);
  });

  it.each([
    ['string', `COMMENT ON ROLE a IS 'x;`],
    ['identifier', `CREATE ROLE "a;`],
    ['comment', `/* /* x */;`],
    ['statement', `CREATE ROLE a`],
  ])('whose last %s has no end is refused', (_what, script) => {
    expect(() => texts(script)).toThrow(/has no end/);
  });

  it('gives back any name and any text, quoted as PostgreSQL quotes them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string())), (pairs) => {
        const script = pairs
          .map(
            ([name, text]) =>
              `COMMENT ON ROLE "${name.replaceAll('"', '""')}" IS '${text.replaceAll("'", "''")}';\n`,
          )
          .join('');
        const found = splitStatements(script).map(({ tokens }) => [tokens[3]!.value, tokens[5]!.value]);
        expect(found).toEqual(pairs.map(([name, text]) => [name, `'${text.replaceAll("'", "''")}'`]));
      }),
    );
  });
});

it('tells where the tokens are in the text of their statement', () => {
  const [, { text, tokens }] = splitStatements(`SELECT 1; GRANT "a b" TO c;`) as [
    unknown,
    ReturnType<typeof splitStatements>[0],
  ];
  expect(tokens.map(({ kind, value, at }) => [kind, value, text.slice(at, at + 2)])).toEqual([
    ['word', 'GRANT', 'GR'],
    ['quoted identifier', 'a b', '"a'],
    ['word', 'TO', 'TO'],
    ['word', 'c', 'c'],
  ]);
});
