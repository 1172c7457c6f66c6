import { splitStatements, type SqlStatement, type SqlToken } from './split-statements.js';

/** A statement of a dump of the globals that makes a role what it was. */
export type RoleStatement =
  /** `CREATE ROLE`, `ALTER ROLE … WITH`, `ALTER ROLE … SET`, `COMMENT ON ROLE`. */
  | { kind: 'role'; role: string; creates: boolean; sql: string }
  /** `GRANT role TO member`. */
  | { kind: 'membership'; role: string; member: string; sql: string };

/**
 * Picks from the output of `pg_dumpall --globals-only` what makes its roles: their attributes, passwords, settings and
 * comments, and who is a member of whom. Everything else in it (tablespaces, privileges on parameters, security labels,
 * settings for one database) is left out.
 *
 * A membership loses its `GRANTED BY`: who granted it may not exist elsewhere, or not have been granted it itself.
 *
 * @throws Error when the text is not SQL that ends, or with `standard_conforming_strings = off`
 * @see https://github.com/postgres/postgres/blob/master/src/bin/pg_dump/pg_dumpall.c (dumpRoles, dumpRoleMembership)
 */
export function parseRoleStatements(globals: string): RoleStatement[] {
  const statements = splitStatements(globals);
  // Its strings would mean something else then, where they hold backslashes.
  if (statements.some(({ text }) => /^SET standard_conforming_strings = off$/i.test(text)))
    throw new Error('it was made by a server with standard_conforming_strings = off');
  return statements.flatMap((statement) => parseRoleStatement(statement) ?? []);
}

function parseRoleStatement(statement: SqlStatement): RoleStatement | undefined {
  const { text, tokens } = statement;
  const is = (at: number, ...words: string[]) => words.some((word) => isWord(tokens[at], word));
  const name = (at: number) => identifierOf(tokens[at]);
  const about = (role: string | undefined, creates = false): RoleStatement | undefined =>
    role === undefined ? undefined : { kind: 'role', role, creates, sql: text };

  if (is(0, 'CREATE') && is(1, 'ROLE') && tokens.length === 3) return about(name(2), true);
  if (is(0, 'ALTER') && is(1, 'ROLE') && is(3, 'WITH', 'SET')) return about(name(2));
  if (is(0, 'COMMENT') && is(1, 'ON') && is(2, 'ROLE') && is(4, 'IS')) return about(name(3));
  const [role, member] = [name(1), name(3)];
  if (!is(0, 'GRANT') || !is(2, 'TO') || role === undefined || member === undefined) return undefined;
  return { kind: 'membership', role, member, sql: withoutGrantor(statement) };
}

function withoutGrantor({ text, tokens }: SqlStatement): string {
  const at = tokens.findIndex((token, index) => isWord(token, 'GRANTED') && isWord(tokens[index + 1], 'BY'));
  return at === -1 ? text : text.slice(0, tokens[at]!.at);
}

const isWord = (token: SqlToken | undefined, word: string) =>
  token?.kind === 'word' && token.value.toUpperCase() === word;

/** The name that a token stands for; an unquoted one is folded to lower case. */
function identifierOf(token: SqlToken | undefined): string | undefined {
  if (token?.kind === 'quoted identifier') return token.value;
  return token?.kind === 'word' ? token.value.toLowerCase() : undefined;
}
