import { readFile } from 'node:fs/promises';
import { isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import type { z } from 'zod';
import { OperationError } from '../model/failures.js';
import { configurationSchema, type Configuration } from './schema.js';

/** What stands at `path`: where that is a value of a mapping, its key, which may be some lines above. */
function nodeAt(document: Document, path: readonly PropertyKey[]): unknown {
  const key = path.at(-1);
  const parent = document.getIn(path.slice(0, -1), true);
  if (typeof key === 'string' && isMap(parent))
    return parent.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.key;
  return document.getIn(path, true);
}

/** The line of the deepest node on the way to `path`. */
function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = nodeAt(document, path.slice(0, depth));
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** The issues that a person can act on: those of a union's likeliest branch instead of "invalid input". */
function flattenIssue(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const deepest = [...issue.errors].sort(
    (a, b) => Math.max(...b.map(({ path }) => path.length)) - Math.max(...a.map(({ path }) => path.length)),
  )[0]!;
  return deepest.flatMap((inner) => flattenIssue({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** Each fault of an issue, with the place it is at. */
function describeIssue(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string }[] {
  const { path } = issue;
  const where = path.join('.') || 'the file';
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: `${where}: unknown key ${key}` }));
  return [{ path, message: `${where}: ${issue.message.replace(/^Invalid input: /, '')}` }];
}

/**
 * Reads a configuration from its text.
 *
 * @param file - its name, for messages
 * @throws OperationError `InvalidConfiguration` listing every error with its line
 */
export function parseConfiguration(text: string, file: string): Configuration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const errors = document.errors.map(({ linePos, message }) => ({
    line: linePos?.[0].line ?? 1,
    message: message.split('\n')[0]!,
  }));
  visit(document, {
    Alias: (_key, alias) => {
      if (!alias.resolve(document))
        errors.push({
          line: lines.linePos(alias.range![0]).line,
          message: `nothing is called &${alias.source}`,
        });
    },
  });
  const parsed = configurationSchema.safeParse(errors.length > 0 ? {} : document.toJS());
  if (parsed.success) return parsed.data;
  if (errors.length === 0)
    for (const { path, message } of parsed.error.issues.flatMap(flattenIssue).flatMap(describeIssue))
      errors.push({ line: lineOf(document, path, lines), message });
  const list = errors
    .sort((a, b) => a.line - b.line)
    .map(({ line, message }) => `\n  ${file}:${line}: ${message}`);
  throw new OperationError(
    'InvalidConfiguration',
    `The configuration has ${list.length === 1 ? 'an error' : `${list.length} errors`}; correct and run "temponest-backups config check":${list.join('')}`,
  );
}

/**
 * Loads `backups.yaml`.
 *
 * @throws OperationError `InvalidConfiguration` when it is missing or wrong
 */
export async function loadConfiguration(file: string): Promise<Configuration> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new OperationError(
      'InvalidConfiguration',
      `The configuration ${file} cannot be read (${(cause as NodeJS.ErrnoException).code}); name it with --config or TEMPONEST_BACKUPS_CONFIG.`,
      { cause },
    );
  }
  return parseConfiguration(text, file);
}
