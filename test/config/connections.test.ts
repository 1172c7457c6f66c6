import { expect, it } from 'vitest';
import { resolveAdministered, resolveConnection } from '../../src/config/connections.js';

const server = {
  ...{ name: 'prod', host: 'db', port: 5432, user: 'backup', sslmode: 'disable' as const },
  maintenanceDatabase: 'admin',
};

it('takes libpq’s own password file where a server has none', async () => {
  const connection = await resolveConnection(server, '/pgpass');
  expect(connection).toEqual({
    ...{ name: 'prod', host: 'db', port: 5432, user: 'backup', sslmode: 'disable' },
    passFile: '/pgpass',
  });
  expect(await resolveAdministered(server, '/pgpass')).toEqual({
    server: connection,
    maintenanceDatabase: 'admin',
  });
});
