import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { Client, DatabaseError } from 'pg';
import { OperationError, remedyFor, typeOfSqlState, type FailureType } from '../model/failures.js';
import type { ServerConnection } from '../model/server-connection.js';
import { redact } from '../observability/redaction.js';

const APPLICATION_NAME = 'temponest-backups';
const CONNECT_TIMEOUT_SECONDS = 10;
/**
 * pg_dump leaves these to the session, and a database may set them for itself (ALTER DATABASE … SET): without one
 * answer for all, the same rows would be dumped as other text after a restore, and their digests would differ.
 */
const SESSION_OPTIONS = '-c TimeZone=UTC -c bytea_output=hex';

/**
 * The environment by which libpq's programs reach the server. The password travels in the environment of that one
 * child: not in its arguments, which everybody on the host can read. The database does as well, because a name given
 * as an argument would be taken for a connection string when it holds an equals sign.
 *
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 */
export function libpqEnvironment(server: ServerConnection, database: string): Record<string, string> {
  return {
    PGHOST: server.host,
    PGPORT: String(server.port),
    PGUSER: server.user,
    PGDATABASE: database,
    PGSSLMODE: server.sslmode,
    PGAPPNAME: APPLICATION_NAME,
    PGOPTIONS: SESSION_OPTIONS,
    PGCONNECT_TIMEOUT: String(CONNECT_TIMEOUT_SECONDS),
    ...(server.password === undefined ? {} : { PGPASSWORD: server.password }),
    ...(server.passFile === undefined ? {} : { PGPASSFILE: server.passFile }),
    ...(server.sslRootCert === undefined ? {} : { PGSSLROOTCERT: server.sslRootCert }),
  };
}

function tlsOptions(server: ServerConnection, rootCertificate: string | undefined) {
  if (server.sslmode === 'disable') return false;
  return server.sslmode === 'require'
    ? { rejectUnauthorized: false }
    : { ...(rootCertificate === undefined ? {} : { ca: rootCertificate }) };
}

async function readRootCertificate({ name, sslRootCert }: ServerConnection): Promise<string | undefined> {
  if (sslRootCert === undefined) return undefined;
  try {
    return await readFile(sslRootCert, 'utf8');
  } catch (cause) {
    throw new OperationError(
      'InvalidConfiguration',
      `The certificate authority of server ${name} cannot be read from ${sslRootCert} (${(cause as NodeJS.ErrnoException).code}); put it there, readable by this user.`,
      { cause },
    );
  }
}

const NETWORK_ERRORS = /^(ECONN|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE)/;
const CONNECTION_MESSAGES =
  /connection terminated|timeout expired|does not support SSL|not queryable|certificate/i;

/** What the driver says, without a code, when the server asks for a password and none is known. */
const NO_PASSWORD = 'client password must be';

function typeOfServerError(error: Error): FailureType | undefined {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (NETWORK_ERRORS.test(code) || CONNECTION_MESSAGES.test(error.message)) return 'ServerUnreachable';
  if (error.message.includes(NO_PASSWORD)) return 'AuthenticationFailed';
  return error instanceof DatabaseError ? (typeOfSqlState(code) ?? 'Unexpected') : undefined;
}

/** An error of the `pg` driver or of the network beneath it, as one that an operator can act on; others unchanged. */
function describeServerError(error: unknown, server: ServerConnection, database: string): unknown {
  if (!(error instanceof Error) || error instanceof OperationError) return error;
  const type = typeOfServerError(error);
  if (!type) return error;
  const where = `PostgreSQL server ${server.name} (${server.host}:${server.port}), database "${database}"`;
  // A refused connection to a name with several addresses has a code and no message.
  const said = error.message === '' ? (error as NodeJS.ErrnoException).code : redact(error.message);
  return new OperationError(type, `${where}: ${said}; ${remedyFor(type)}.`, { cause: error });
}

/**
 * Opens a connection without a limit on its statements, lends it to `use` and closes it, whatever happens. An aborted signal closes it at once.
 *
 * @param replication - for the commands of the replication protocol, beside SQL
 * @throws OperationError `ServerUnreachable`, `AuthenticationFailed`, `DatabaseNotFound`… by SQLSTATE
 */
export async function withConnection<T>(
  server: ServerConnection,
  database: string,
  signal: AbortSignal,
  use: (client: Client) => Promise<T>,
  { replication = false } = {},
): Promise<T> {
  signal.throwIfAborted();
  const rootCertificate = await readRootCertificate(server);
  const socket = new Socket();
  const client = new Client({
    stream: () => socket,
    host: server.host,
    port: server.port,
    user: server.user,
    // Without any, the driver reads the file that PGPASSFILE names, as libpq does.
    ...(server.passFile === undefined ? { password: server.password ?? '' } : {}),
    database,
    ssl: tlsOptions(server, rootCertificate),
    application_name: APPLICATION_NAME,
    connectionTimeoutMillis: CONNECT_TIMEOUT_SECONDS * 1000,
    // A limit that the role or the database has may be shorter than the statement takes that lifts it.
    options: '-c statement_timeout=0',
    // It idles as long as pg_dump works: routers forget a connection on which nothing is sent.
    keepAlive: true,
    // Its types do not know of it.
    ...(replication ? { replication: 'database' } : {}),
  });
  // Without a listener, a server that goes away would end the whole worker.
  client.on('error', () => undefined);
  // Not by the protocol: a server that does not answer would be waited for without end.
  const close = () => void socket.destroy();
  signal.addEventListener('abort', close, { once: true });
  try {
    await client.connect();
    return await use(client);
  } catch (error) {
    signal.throwIfAborted();
    throw describeServerError(error, server, database);
  } finally {
    signal.removeEventListener('abort', close);
    if (!socket.destroyed) await client.end().catch(() => undefined);
  }
}
