import pg from 'pg';

/** A superuser's way into a server. */
export interface ServerAddress {
  host: string;
  port: number;
  user: string;
  password: string;
}

/**
 * Opens a session in a database, lends it, and closes it. With `role`, everything it makes belongs to that role.
 *
 * fsync stays as the server has it, but no commit waits for the disk: what is made here can be made again.
 */
export async function withSession<T>(
  address: ServerAddress,
  database: string,
  use: (session: pg.Client) => Promise<T>,
  role?: string,
): Promise<T> {
  const { host, port, user, password } = address;
  const settings = [
    'synchronous_commit=off',
    'maintenance_work_mem=256MB',
    'jit=off', // the estimates are far too high
    'client_min_messages=warning',
  ];
  if (role) settings.push(`role=${role}`);
  const options = settings.map((setting) => `-c ${setting}`).join(' ');
  const session = new pg.Client({ host, port, user, password, database, options });
  await session.connect();
  try {
    return await use(session);
  } finally {
    await session.end();
  }
}
