import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of an executable file, or undefined. `directories` defaults to those of PATH. */
export function findProgram(
  name: string,
  directories: readonly string[] = (process.env.PATH ?? '').split(delimiter),
): string | undefined {
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
