import { OperationError, remedyFor } from '../model/failures.js';

/** A name as PostgreSQL's programs write it: in quotes where it needs them. */
const NAME = String.raw`(?:"(?:[^"]|"")+"|[^\s";]+)`;

const CREATE_ROLE = new RegExp(`^CREATE ROLE (${NAME});\n`, 'gm');
const SUPERUSER = new RegExp(`^ALTER ROLE (${NAME}) WITH SUPERUSER `, 'gm');
const GRANTED_BY = new RegExp(`^(GRANT .*) GRANTED BY (${NAME});$`, 'gm');
const TABLESPACES = /^CREATE TABLESPACE /gm;
const CREATE_TABLESPACE = new RegExp(
  `^CREATE TABLESPACE (${NAME}) OWNER (${NAME}) LOCATION +E?'(?:[^']|'')*';\n`,
  'gm',
);

const unquote = (name: string) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name);

/**
 * Makes of a dump of the globals what a scratch server can be given, as often as needed: without the roles and
 * tablespaces that it has already, and with all tablespaces inside its data directory, never where they were.
 *
 * Memberships granted by a superuser are granted by the scratch server's own: from PostgreSQL 16 on only the superuser
 * that initdb made may stand there without having been granted the role, and on the scratch server that is another one.
 *
 * @param sql - what `pg_dumpall --globals-only` wrote
 * @throws OperationError `TargetUnfit` when a tablespace cannot be told from the rest
 * @see https://www.postgresql.org/docs/current/runtime-config-developer.html (`allow_in_place_tablespaces`)
 */
export function adaptGlobals(
  sql: string,
  existing: { roles: ReadonlySet<string>; tablespaces: ReadonlySet<string> },
): string {
  const superusers = new Set([...sql.matchAll(SUPERUSER)].map(([, name]) => name));
  let tablespaces = 0;
  const adapted = sql
    .replace(CREATE_ROLE, (statement, name: string) => (existing.roles.has(unquote(name)) ? '' : statement))
    .replace(GRANTED_BY, (statement, grant: string, grantor: string) =>
      superusers.has(grantor) ? `${grant};` : statement,
    )
    .replace(CREATE_TABLESPACE, (_statement, name: string, owner: string) => {
      tablespaces++;
      return existing.tablespaces.has(unquote(name))
        ? ''
        : `CREATE TABLESPACE ${name} OWNER ${owner} LOCATION '';\n`;
    });
  if (tablespaces !== (sql.match(TABLESPACES) ?? []).length)
    throw new OperationError(
      'TargetUnfit',
      `A tablespace in the globals cannot be moved into the scratch server; ${remedyFor('TargetUnfit')}.`,
    );
  return adapted;
}
