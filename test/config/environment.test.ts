import { afterEach, expect, it, vi } from 'vitest';
import { readEnvironment } from '../../src/config/environment.js';

afterEach(() => void vi.unstubAllEnvs());

const addressOf = () => readEnvironment().temporal.connectionOptions.address;

it('reaches Temporal where the SDK’s own variable says, else where TempoNest’s does', () => {
  vi.stubEnv('TEMPORAL_HOST', 'temporal:7233');
  vi.stubEnv('TEMPORAL_ADDRESS', undefined);
  expect(addressOf()).toBe('temporal:7233');
  vi.stubEnv('TEMPORAL_ADDRESS', 'elsewhere:7233');
  expect(addressOf()).toBe('elsewhere:7233');
});

it('has a default for everything', () => {
  for (const name of [
    'TEMPORAL_HOST',
    'TEMPORAL_ADDRESS',
    'TEMPORAL_NAMESPACE',
    'PGPASSFILE',
    'TEMPONEST_BACKUPS_CONFIG',
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv('PATH', '/usr/bin::/bin');
  const environment = readEnvironment();
  expect(environment).toMatchObject({
    configurationFile: '/etc/temponest-backups/backups.yaml',
    path: ['/usr/bin', '/bin'],
    temporal: { connectionOptions: { address: 'localhost:7233' }, namespace: 'default' },
  });
  expect(environment).not.toHaveProperty('passFile');
  expect(environment.identity).toMatch(new RegExp(`^${process.pid}@.+@.+$`));
});

it('takes what is set', () => {
  vi.stubEnv('TEMPORAL_NAMESPACE', 'backups');
  vi.stubEnv('PGPASSFILE', '/run/secrets/pgpass');
  vi.stubEnv('TEMPONEST_BACKUPS_CONFIG', '/b.yaml');
  expect(readEnvironment()).toMatchObject({
    configurationFile: '/b.yaml',
    passFile: '/run/secrets/pgpass',
    temporal: { namespace: 'backups' },
  });
});
