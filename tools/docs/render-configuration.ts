import { z } from 'zod';
import { configurationSchema } from '../../src/config/schema.js';

type Schema = z.core.JSONSchema.JSONSchema;

/** A key of `backups.yaml`, by its path: `servers[].wal.slot`. */
interface Key {
  path: string;
  type: string;
  /** What stands for it when it is left out; undefined for nothing. */
  fallback: string | undefined;
  meaning: string;
}

const alternativesOf = (schema: Schema): Schema[] =>
  (schema.anyOf ?? schema.oneOf ?? [schema]).filter((one): one is Schema => typeof one === 'object');

const asCode = (value: unknown) => `\`${JSON.stringify(value)}\``;

/** The type of one value, for people. */
function describeType(schema: Schema): string {
  const types = alternativesOf(schema).map((one): string => {
    if (one.anyOf) return describeType(one);
    if (one.const !== undefined) return asCode(one.const);
    if (one.enum) return one.enum.map(asCode).join(', ');
    if (one.type === 'array') return `list of ${describeType(one.items as Schema)}`;
    if (one.type === 'object') return 'mapping';
    if (one.type === 'integer') return describeRange(one);
    if (one.pattern === '^\\/.*') return 'absolute path';
    if (one.pattern === '^\\d+[smhd]$') return 'duration (`30s`, `5m`, `24h`, `7d`)';
    if (one.format === 'uri') return 'URL';
    return String(one.type);
  });
  return [...new Set(types)].join(' or ');
}

function describeRange({ minimum = -Infinity, maximum = Infinity }: Schema): string {
  const isBounded = (bound: number) => Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  if (!isBounded(minimum)) return 'integer';
  return isBounded(maximum) ? `integer ${minimum} to ${maximum}` : `integer from ${minimum}`;
}

function describeFallback(schema: Schema, isRequired: boolean): string | undefined {
  const { default: fallback } = schema;
  if (fallback === undefined) return isRequired ? 'required' : undefined;
  const isEmpty = typeof fallback === 'object' && fallback !== null && Object.keys(fallback).length === 0;
  return isEmpty ? undefined : asCode(fallback);
}

/** The keys below a schema, each once, in the order of the schema. */
function listKeys(schema: Schema, path: string): Key[] {
  const keys = alternativesOf(schema).flatMap((one, _, { length }) => {
    const condition = length > 1 ? describeCondition(one) : '';
    if (one.type === 'array') return listKeys(one.items as Schema, `${path}[]`);
    if (typeof one.additionalProperties === 'object')
      return listKeys(one.additionalProperties, `${path}.<name>`);
    return Object.entries(one.properties ?? {}).flatMap(([name, inner]) => {
      const property = inner as Schema;
      const below = path === '' ? name : `${path}.${name}`;
      const isRequired = one.required?.includes(name) === true;
      return [
        {
          path: below,
          type: describeType(property),
          fallback: describeFallback(property, isRequired),
          meaning: property.const === undefined ? `${condition}${property.description ?? ''}` : '',
        },
        ...listKeys(property, below),
      ];
    });
  });
  return mergeAlternatives(keys);
}

/** Which of several alternatives this one is, by the key that tells them apart: `with provider "signal": `. */
function describeCondition({ properties = {} }: Schema): string {
  const telling = Object.entries(properties).find(([, property]) => (property as Schema).const !== undefined);
  return telling ? `with ${telling[0]} ${asCode((telling[1] as Schema).const)}: ` : '';
}

/** A key that several alternatives have, such as `method`, is one key of several types. */
function mergeAlternatives(keys: readonly Key[]): Key[] {
  const merged = new Map<string, Key>();
  for (const key of keys) {
    const known = merged.get(key.path);
    if (!known) merged.set(key.path, { ...key });
    else {
      if (known.type !== key.type) known.type += `, ${key.type}`;
      if (known.meaning !== key.meaning) known.meaning += `; ${key.meaning}`;
    }
  }
  return [...merged.values()];
}

/** `docs/configuration.md`: every key of `backups.yaml`. */
export function renderConfiguration(): string {
  const schema = z.toJSONSchema(configurationSchema, { io: 'input' });
  const keys = listKeys(schema, '');
  const sections = keys.filter(({ path }) => /^\w+$/.test(path));
  const cell = (text: string) =>
    text
      .replaceAll('|', '\\|')
      .replaceAll('\n', ' ')
      .replace(/<(\w+)>/g, '\\<$1>');
  return [
    '# backups.yaml, key by key',
    '',
    '<!-- Made by `npm run docs` from the schema that validates it; change that. -->',
    '',
    'An annotated file to start from is [backups.yaml](../backups.yaml). `temponest-backups config check` names every error with its line, and tries everything that is named for real. For editors there is [a JSON Schema](../schemas/backups.schema.json).',
    '',
    'It is found at `/etc/temponest-backups/backups.yaml`, where `TEMPONEST_BACKUPS_CONFIG` says, or where `--config` says. Unknown keys are refused. Secrets stand in files of their own, which the keys that end in `File` name. `[]` stands for each entry of a list, `<name>` for a name of your own.',
    '',
    ...sections.flatMap((section) => [
      `## ${section.path}`,
      '',
      ...(section.meaning === '' ? [] : [`${capitalise(section.meaning)}.`, '']),
      ...(section.fallback === 'required' ? ['Required.', ''] : []),
      '| key | what it takes | default | what it is for |',
      '| --- | --- | --- | --- |',
      ...rowsOf(section, keys).map(
        ({ path, type, fallback, meaning }) =>
          `| \`${path}\` | ${cell(type)} | ${cell(fallback ?? '')} | ${cell(meaning)} |`,
      ),
      '',
    ]),
  ].join('\n');
}

/** The keys below a section; itself only where there is none. */
function rowsOf(section: Key, keys: readonly Key[]): Key[] {
  const isBelow = ({ path }: Key) =>
    path.startsWith(`${section.path}.`) || path.startsWith(`${section.path}[`);
  const below = keys.filter(isBelow);
  return below.length > 0 ? below : [section];
}

const capitalise = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
