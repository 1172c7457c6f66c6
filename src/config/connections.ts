import type { ServerConfiguration } from './schema.js';
import { readSecret } from './secrets.js';

/** How to reach a PostgreSQL server, its password read from its file. */
export interface ResolvedConnection {
  name: string;
  host: string;
  port: number;
  user: string;
  password?: string;
  passFile?: string;
  sslmode: ServerConfiguration['sslmode'];
  sslRootCert?: string;
}

/**
 * Resolves the connection of a server. The password is read at every use, so a rotated one counts without a restart.
 *
 * @param passFile - libpq's password file, used when the server has no `passwordFile`
 * @throws OperationError `InvalidConfiguration` when the password cannot be read
 */
export async function resolveConnection(
  server: ServerConfiguration,
  passFile: string | undefined,
): Promise<ResolvedConnection> {
  const { name, host, port, user, sslmode, sslRootCert, passwordFile } = server;
  return {
    name,
    host,
    port,
    user,
    sslmode,
    ...(sslRootCert === undefined ? {} : { sslRootCert }),
    ...(passwordFile === undefined
      ? passFile === undefined
        ? {}
        : { passFile }
      : { password: await readSecret(passwordFile, `password of server ${name}`) }),
  };
}
