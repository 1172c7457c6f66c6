import { z } from 'zod';
import { OperationError } from '../model/failures.js';
import { rememberSecret } from '../observability/redaction.js';

const NAMES = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  sslmode: 'PGSSLMODE',
  sslRootCert: 'PGSSLROOTCERT',
} as const;

/** Of the modes, those that our own connections know as well. */
const libpqServer = z.object({
  host: z.string().exactOptional(),
  port: z.coerce.number().int().min(1).max(65_535).exactOptional(),
  user: z.string().exactOptional(),
  password: z.string().exactOptional(),
  sslmode: z.enum(['disable', 'require', 'verify-full']).exactOptional(),
  sslRootCert: z.string().exactOptional(),
});

/** What libpq's environment variables say of a server, as it was found. */
export type LibpqVariables = Partial<Record<keyof typeof NAMES, string>>;

/** Takes them out of the environment. An empty one is one that is not set, as for libpq. */
export function readLibpqVariables(environment: NodeJS.ProcessEnv): LibpqVariables {
  const found = Object.entries(NAMES).map(([field, name]) => [field, environment[name]] as const);
  return Object.fromEntries(found.filter(([, text]) => text));
}

/**
 * The server that libpq's environment variables name, as far as they do.
 *
 * @throws OperationError `InvalidArgument` naming the variable
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 */
export function resolveLibpqVariables(found: LibpqVariables): z.infer<typeof libpqServer> {
  const parsed = libpqServer.safeParse(found);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `${NAMES[path[0] as keyof typeof NAMES]}: ${message}`,
    );
    throw new OperationError('InvalidArgument', `${faults.join('; ')}; correct it in the environment.`);
  }
  if (parsed.data.password !== undefined) rememberSecret(parsed.data.password);
  return parsed.data;
}
