import { readFile } from 'node:fs/promises';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { OperationError } from '../model/failures.js';
import { configurationSchema, type Configuration } from './schema.js';

/** The line of the deepest node on the way to `path`. */
function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = document.getIn(path.slice(0, depth), true);
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

function describeIssue(issue: z.core.$ZodIssue): string {
  const where = issue.path.join('.') || 'the file';
  if (issue.code === 'unrecognized_keys') return `${where}: unknown key ${issue.keys.join(', ')}`;
  return `${where}: ${issue.message.replace(/^Invalid input: /, '')}`;
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
  const parsed = configurationSchema.safeParse(errors.length > 0 ? {} : document.toJS());
  if (parsed.success) return parsed.data;
  if (errors.length === 0)
    for (const issue of parsed.error.issues.flatMap(flattenIssue))
      errors.push({ line: lineOf(document, issue.path, lines), message: describeIssue(issue) });
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
