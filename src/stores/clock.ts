/** The clouds refuse what was signed more than so many milliseconds ago. */
const TOLERANCE_MS = 5 * 60_000;

/** Whether this machine's clock is too far from the one that wrote the `Date` header of an answer that just came. */
export function isClockWrong(date: string | null | undefined): boolean {
  return date != null && Math.abs(Date.parse(date) - Date.now()) > TOLERANCE_MS;
}
