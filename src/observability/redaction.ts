const secrets = new Set<string>();

/** Remembers a secret's value, so that {@link redact} keeps it out of every message, log line and failure. */
export function rememberSecret(value: string): void {
  // Shorter values would black out ordinary words.
  if (value.length >= 4) secrets.add(value);
}

/** `text` with every remembered secret, and every password in a URL or connection string, replaced by `***`. */
export function redact(text: string): string {
  let redacted = text
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:)[^@\s/]+@/gi, '$1***@')
    .replace(/\b(password|passphrase|secret|token)(\s*[=:]\s*)\S+/gi, '$1$2***');
  for (const secret of secrets) redacted = redacted.replaceAll(secret, '***');
  return redacted;
}
