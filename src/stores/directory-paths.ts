import { basename, dirname, join } from 'node:path';
import { OperationError } from '../model/failures.js';

const PARTIAL = /^\.(.+)\.[0-9a-f]{12}\.partial$/;

/**
 * The path of a key below a store's root. Names that start with a dot are refused: `.` and `..` would leave the place,
 * and all others are left to files that are not objects.
 *
 * @throws OperationError `InvalidArgument` for such a key, or one with an empty segment
 */
export function pathOfKey(root: string, key: string): string {
  const isSafe = key.split('/').every((segment) => /^[^.\0][^\0]*$/.test(segment));
  if (!isSafe)
    throw new OperationError(
      'InvalidArgument',
      `${JSON.stringify(key)} cannot be a key: no part of one may be empty or start with a dot; encode the name.`,
    );
  return join(root, key);
}

/**
 * Where the content of `path` is gathered before it gets that name: in the same folder, hidden, and named after the
 * content too, so that an upload is only ever continued with the content it was begun with.
 */
export function partialPath(path: string, sha256: string): string {
  return join(dirname(path), `.${basename(path)}.${sha256.slice(0, 12)}.partial`);
}

/** The name that a file made by {@link partialPath} is to get, or undefined for any other file. */
export function nameOfPartial(name: string): string | undefined {
  return PARTIAL.exec(name)?.[1];
}
