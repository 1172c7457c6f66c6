import { expect, it } from 'vitest';
import { configurationSchema } from '../../src/config/schema.js';

const withStore = (url: string) =>
  configurationSchema.safeParse({
    staging: { directory: '/data/staging' },
    servers: [{ name: 'main', host: 'localhost', user: 'postgres' }],
    encryption: { method: 'none' },
    stores: [{ url }],
  });

it.each(['file:///data/staging', 'file:///data/staging/backups', 'file:///data', 'file:///'])(
  'refuses the store %s, which staging would be emptied together with',
  (url) => expect(withStore(url).error?.issues.map(({ path }) => path)).toEqual([['stores', 0, 'url']]),
);

it.each(['file:///data/backups', 'file:///data/staging-2', 's3://data/staging'])(
  'accepts the store %s',
  (url) => expect(withStore(url).success).toBe(true),
);
