/** A piece of an SQL statement that is neither space nor comment. */
export interface SqlToken {
  kind: 'word' | 'quoted identifier' | 'string' | 'other';
  /** A word as it is written, an identifier without its quotes; of a string or of anything else, its text. */
  value: string;
  /** Where it begins in the statement's text. */
  at: number;
}

/** One statement of a script. */
export interface SqlStatement {
  /** Without the semicolon. */
  text: string;
  tokens: SqlToken[];
}

const SPACE_OR_LINE_COMMENT = /(?:\s|--[^\n]*)+/y;
/** A line to psql itself, such as `\restrict` and `\connect`; only where a statement may begin. */
const META_COMMAND = /\\[^\n]*/y;
const QUOTED_IDENTIFIER = /"([^"]*(?:""[^"]*)*)"/y;
const STRING = /'[^']*(?:''[^']*)*'/y;
const ESCAPE_STRING = /[eE]'[^'\\]*(?:(?:''|\\[^])[^'\\]*)*'/y;
const DOLLAR_STRING = /\$((?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[^]*?\$\1\$/y;
const WORD = /[\w\u0080-\uffff][\w$\u0080-\uffff]*/y;

/**
 * Splits a script, as pg_dumpall writes it, into its statements, by PostgreSQL's lexical rules: a semicolon, a quote or
 * a dash counts only where it is not part of a string, an identifier or a comment. Backslashes in ordinary strings are
 * taken as what they are (`standard_conforming_strings = on`).
 *
 * @throws Error where a string, an identifier or a comment does not end, or a statement has no semicolon
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html
 */
export function splitStatements(script: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let tokens: SqlToken[] = [];
  let start = 0;
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = position;
    const match = pattern.exec(script);
    if (match) position = pattern.lastIndex;
    return match ?? undefined;
  };
  const push = (kind: SqlToken['kind'], value: string, at: number) => {
    if (tokens.length === 0) start = at;
    tokens.push({ kind, value, at: at - start });
  };

  while (position < script.length) {
    if (take(SPACE_OR_LINE_COMMENT) ?? takeBlockComment()) continue;
    if (tokens.length === 0 && take(META_COMMAND)) continue;
    const at = position;
    const string = take(ESCAPE_STRING) ?? take(STRING) ?? take(DOLLAR_STRING);
    const identifier = string ? undefined : take(QUOTED_IDENTIFIER);
    const word = string || identifier ? undefined : take(WORD);
    if (string) push('string', string[0], at);
    else if (identifier) push('quoted identifier', identifier[1]!.replaceAll('""', '"'), at);
    else if (word) push('word', word[0], at);
    else if (`'"`.includes(script[at]!)) throw new Error(`a quote at character ${at} has no end`);
    else {
      position += 1;
      if (script[at] !== ';') push('other', script[at]!, at);
      else if (tokens.length > 0) endStatement(at);
    }
  }
  if (tokens.length > 0) throw new Error('the last statement has no end');
  return statements;

  function endStatement(at: number): void {
    statements.push({ text: script.slice(start, at), tokens });
    tokens = [];
  }

  function takeBlockComment(): boolean {
    if (!script.startsWith('/*', position)) return false;
    let depth = 0;
    do {
      const match = take(/[^]*?(\/\*|\*\/)/y);
      if (!match) throw new Error(`a comment at character ${position} has no end`);
      depth += match[1] === '/*' ? 1 : -1;
    } while (depth > 0);
    return true;
  }
}
