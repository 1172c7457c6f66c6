import type { ServerConnection } from '../model/server-connection.js';
import type { ServerConfiguration } from './schema.js';
import { readSecret } from './secrets.js';

/**
 * Resolves the connection of a server. The password is read at every use, so a rotated one counts without a restart.
 *
 * @param passFile - libpq's password file, used when the server has no `passwordFile`
 * @throws OperationError `InvalidConfiguration` when the password cannot be read
 */
export async function resolveConnection(
  server: Pick<
    ServerConfiguration,
    'name' | 'host' | 'port' | 'user' | 'sslmode' | 'sslRootCert' | 'passwordFile'
  >,
  passFile: string | undefined,
): Promise<ServerConnection> {
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

/**
 * Resolves a server with the database to be connected to for what belongs to no database.
 *
 * @param passFile - as for {@link resolveConnection}
 * @throws OperationError as {@link resolveConnection}
 */
export async function resolveAdministered(
  server: Parameters<typeof resolveConnection>[0] & Pick<ServerConfiguration, 'maintenanceDatabase'>,
  passFile: string | undefined,
): Promise<{ server: ServerConnection; maintenanceDatabase: string }> {
  return {
    server: await resolveConnection(server, passFile),
    maintenanceDatabase: server.maintenanceDatabase,
  };
}
