import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/load.js';
import { resolveCompression, resolveDumpOptions } from '../../src/config/resolve.js';
import { configurationSchema, type Configuration } from '../../src/config/schema.js';
import { root } from './compose-config.js';
import { findCommentedParts, uncomment, type CommentedPart } from './uncomment.js';

const text = readFileSync(join(root, 'backups.yaml'), 'utf8');
const parts = findCommentedParts(text);
const read = (chosen: readonly CommentedPart[]) =>
  parseConfiguration(uncomment(text, chosen), 'backups.yaml');

/** All names of keys in a JSON schema, those below `properties` anywhere. */
function keysOfSchema(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]: [string, unknown]) =>
    keyword === 'properties'
      ? Object.entries(value as object).flatMap(([key, inner]) => [key, ...keysOfSchema(inner)])
      : keysOfSchema(value),
  );
}

/** All names of keys in a document. */
function keysOfDocument(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => [key, ...keysOfDocument(inner)]);
}

test('it is valid as it is, encrypts, and backs up every database every night', () => {
  const { encryption, servers, schedules, stores } = read([]);
  expect(encryption.method).toBe('gpg');
  expect(servers.map(({ databases }) => databases)).toEqual([undefined]);
  expect(Object.keys(schedules)).toEqual(['nightly']);
  expect(stores.map(({ url }) => url)).toEqual(['file:///backups']);
});

describe('what is commented out', () => {
  test.each(parts)('is valid: $head', (part) => {
    expect(() => read([part])).not.toThrow();
  });

  test('is valid all together, and then shows every key there is', () => {
    expect(() => read(parts)).not.toThrow();
    const documented = new Set(keysOfDocument(parse(uncomment(text, parts))));
    const known = keysOfSchema(z.toJSONSchema(configurationSchema, { io: 'input' }));
    // One that only stands in another key's place is named in the text.
    const isNamed = (key: string) => text.includes(`"${key}"`);
    expect(known.filter((key) => !documented.has(key) && !isNamed(key))).toEqual([]);
  });

  test('makes the S3 server of the try-out the primary', () => {
    const part = parts.find(({ head }) => head === '- name: try-out');
    const { stores } = read([part!]);
    expect(stores.map(({ url }) => url)).toEqual(['s3://temponest-backups/postgres', 'file:///backups']);
  });

  const effective = (configuration: Configuration) => ({
    ...configuration,
    compression: resolveCompression(configuration),
    servers: configuration.servers.map((server) => ({
      ...server,
      ...resolveDumpOptions(server, { name: 'any' }),
      lockWaitTimeout: undefined, // read by the line above, in seconds
    })),
  });

  test.each([
    'port',
    'sslmode',
    'maintenanceDatabase',
    'globals',
    'concurrency',
    'jobs',
    'lockWaitTimeout',
    'nice',
    'compression',
    'retention',
    'minute',
    'timezone',
    'worker',
  ])('gives the default of %s', (key) => {
    const part = parts.find(({ head }) => head.startsWith(`${key}:`));
    expect(effective(read([part!]))).toEqual(effective(read([])));
  });
});
