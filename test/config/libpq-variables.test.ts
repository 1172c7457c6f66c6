import { expect, it } from 'vitest';
import { readLibpqVariables, resolveLibpqVariables } from '../../src/config/libpq-variables.js';
import { redact } from '../../src/observability/redaction.js';

const resolve = (environment: Record<string, string>) =>
  resolveLibpqVariables(readLibpqVariables(environment));

it('understands what psql does, and takes an empty variable for none', () => {
  expect(
    resolve({ PGHOST: 'db', PGPORT: '5433', PGUSER: '', PGSSLMODE: 'require', PGDATABASE: 'x' }),
  ).toEqual({
    host: 'db',
    port: 5433,
    sslmode: 'require',
  });
});

it('names what is wrong, by its variable', () => {
  expect(() => resolve({ PGPORT: '543x' })).toThrow(/^PGPORT: /);
  expect(() => resolve({ PGSSLMODE: 'prefer' })).toThrow(/^PGSSLMODE: .*disable.*require.*verify-full/);
});

it('keeps the password out of what is said', () => {
  expect(resolve({ PGPASSWORD: 'of-the-new-server' })).toEqual({ password: 'of-the-new-server' });
  expect(redact('no: of-the-new-server')).not.toContain('of-the-new-server');
});
