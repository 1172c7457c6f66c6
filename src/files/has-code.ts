/** Whether `error` is the file system's, with one of `codes`: `ENOENT`, `EEXIST`… */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
