const secrets = new Set<string>();

/** Remembers a secret's value, so that {@link redact} keeps it out of every message, log line and failure. */
export function rememberSecret(value: string): void {
  // Shorter values would black out ordinary words.
  if (value.length < 4) return;
  // As it is, and as it stands in JSON and in a URL.
  for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])
    secrets.add(form);
}

const NAMES = 'password|passphrase|secret|token';
const patterns = [
  /(\b[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:)[^\s/]+(?=@)/gi,
  new RegExp(`\\b((?:${NAMES})["']?\\s*[=:]\\s*)("[^"]*"|'[^']*'|[^\\s,;"'}]+)`, 'gi'),
];

/** `text` with every remembered secret, and every password in a URL or connection string, replaced by `***`. */
export function redact(text: string): string {
  let redacted = text;
  // The longest first: one may hold another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length))
    redacted = redacted.replaceAll(secret, '***');
  for (const pattern of patterns) redacted = redacted.replace(pattern, '$1***');
  return redacted;
}

const isSecretName = new RegExp(`^(?:${NAMES})$`, 'i');

/** `value` as JSON, every text in it redacted: what is cut out of JSON that is made already may leave it broken. */
export function redactedJson(value: unknown): string {
  return JSON.stringify(value, (name, member: unknown) => {
    if (typeof member !== 'string') return member;
    return isSecretName.test(name) ? '***' : redact(member);
  });
}
