import { OperationError, remedyFor, type FailureType } from '../model/failures.js';

/** What went wrong and, where the failure's own remedy is too general, what to do; by the file system's code. */
const byCode: Record<string, [FailureType, fault: string, remedy?: string]> = {
  ENOSPC: ['StoreFull', 'the disk is full'],
  EDQUOT: ['StoreFull', 'the disk quota is used up'],
  EACCES: ['StoreDenied', 'access is denied', 'give this user read, write and search permission below it'],
  EROFS: ['StoreDenied', 'it is mounted read-only', 'mount it writable'],
  // What link(2) answers where the file system has no hard links.
  EPERM: ['StoreDenied', 'the operation is not permitted', 'use a file system that has hard links'],
  EOPNOTSUPP: ['StoreDenied', 'the operation is not supported', 'use a file system that has hard links'],
  ENAMETOOLONG: [
    'InvalidConfiguration',
    'a name is too long for its file system',
    'use a shorter server name',
  ],
  ENOENT: ['StoreNotFound', 'the object does not exist', 'see what is there with "temponest-backups list"'],
};

/** The file system's error for the store `name` in `directory`, as one that an operator can act on. */
export function toDirectoryError(name: string, directory: string, error: unknown): OperationError {
  if (error instanceof OperationError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  const [type, fault, remedy] = byCode[code] ?? [
    'StoreUnreachable',
    'it cannot be used',
    'check the disk or the mount',
  ];
  return new OperationError(
    type,
    `Store "${name}" (${directory}): ${fault} (${code}); ${remedy ?? remedyFor(type)}.`,
    { cause: error },
  );
}
