/** A key that expires within so many days is to be renewed while there is time. */
export const EXPIRY_WARNING_DAYS = 30;

/** Whether a key is to be renewed now; one that never expires is not. */
export function expiresSoon({ expiresAt }: { expiresAt?: Date }, now: Date): boolean {
  return expiresAt !== undefined && expiresAt.getTime() - now.getTime() < EXPIRY_WARNING_DAYS * 86_400_000;
}
