/** Splits a list that is written as prose. */
export function words(list: string): string[] {
  return list.trim().split(/\s+/);
}

/** An SQL expression for one of these values, another one for each row; the values need no quoting. */
export function pick(values: readonly string[]): string {
  return `('{${values.join(',')}}'::text[])[1 + floor(random() * ${values.length})::int]`;
}

/** An SQL expression for a UUID that is always the same for a kind of thing and an SQL expression for its number. */
export function uuidOf(kind: string, number: string): string {
  return `md5('${kind}' || (${number}))::uuid`;
}

/** An SQL expression for a moment of the year 2025. */
export const someMoment = `(timestamptz '2025-01-01 00:00:00+00' + random() * interval '364 days')`;

/** An SQL expression for a UUID that nothing refers to. */
export const randomUuid = 'md5(random()::text)::uuid';
