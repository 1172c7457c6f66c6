import { access } from 'node:fs/promises';

/** Whether there is anything at a path, as far as this user can see. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
