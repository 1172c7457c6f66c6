import { resolveConnection } from '../../config/connections.js';
import { resolveLibpqVariables } from '../../config/libpq-variables.js';
import { resolveServer } from '../../config/resolve.js';
import type { ServerConfiguration } from '../../config/schema.js';
import { OperationError } from '../../model/failures.js';
import type { AdministeredServer } from '../../postgres/administer.js';
import type { Context } from '../context.js';
import type { RestoreOptions } from './options.js';
import type { Source } from './open-source.js';

/** A server to restore into, and whether it is the one of the configuration. */
export interface ResolvedTarget extends AdministeredServer {
  isConfigured: boolean;
}

type Address = Pick<
  ServerConfiguration,
  'host' | 'port' | 'user' | 'sslmode' | 'sslRootCert' | 'passwordFile'
>;

const DEFAULTS: Address = { host: 'localhost', port: 5432, user: 'postgres', sslmode: 'disable' };

/**
 * The PostgreSQL server that the options name: what they leave out is as the configuration has it or, where there is
 * none, as libpq's environment variables have it.
 *
 * @throws OperationError `InvalidArgument` for an environment variable with a value that is none, and for `verify-full`
 * without a certificate authority
 */
export async function resolveTarget(
  { environment }: Context,
  { configuration, server: name }: Pick<Source, 'configuration' | 'server'>,
  options: RestoreOptions,
): Promise<ResolvedTarget> {
  const configured = configuration && resolveServer(configuration, name);
  const isConfigured = configured !== undefined && options.host === undefined && options.port === undefined;
  const { password, ...variables } = configured ? {} : resolveLibpqVariables(environment.libpq);
  const address: Address = { ...(configured ?? DEFAULTS), ...variables, ...addressIn(options) };
  const { host, port, user, sslmode, sslRootCert, passwordFile } = address;
  if (sslmode === 'verify-full' && sslRootCert === undefined)
    throw new OperationError(
      'InvalidArgument',
      'sslmode verify-full needs the certificate authority; name its file with --ssl-root-cert.',
    );
  const server = await resolveConnection(
    { name: isConfigured ? name : `${host}:${port}`, host, port, user, sslmode, sslRootCert, passwordFile },
    // Where both are set, libpq prefers PGPASSWORD.
    password === undefined ? environment.passFile : undefined,
  );
  return {
    server: { ...(password === undefined ? {} : { password }), ...server },
    maintenanceDatabase: configured?.maintenanceDatabase ?? 'postgres',
    isConfigured,
  };
}

function addressIn({ host, port, user, passwordFile, sslmode, sslRootCert }: RestoreOptions) {
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === undefined ? {} : { user }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(sslmode === undefined ? {} : { sslmode }),
    ...(sslRootCert === undefined ? {} : { sslRootCert }),
  };
}
