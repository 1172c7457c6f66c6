/** A moment in microseconds since 1970, as exact as PostgreSQL's own: a `Date` cuts it to milliseconds. */
export type Moment = bigint;

const ISO_TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?)$/;

/** Reads an ISO 8601 time with its zone, or answers undefined for what is none. Digits after the sixth are cut. */
export function parseMoment(text: string): Moment | undefined {
  const [, day, time, fraction = '', zone] = ISO_TIME.exec(text) ?? [];
  if (day === undefined) return undefined;
  const seconds = Date.parse(`${day}T${time}${zone!.length === 3 ? `${zone}:00` : zone}`);
  if (Number.isNaN(seconds)) return undefined;
  return BigInt(seconds) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'));
}

/** A moment in ISO 8601, UTC. */
export function formatMoment(moment: Moment): string {
  const fraction = ((moment % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const whole = new Date(Number((moment - fraction) / 1000n)).toISOString().slice(0, 19);
  return fraction === 0n ? `${whole}Z` : `${whole}.${String(fraction).padStart(6, '0')}Z`;
}

/** The moment of a `Date`. */
export function toMoment(date: Date): Moment {
  return BigInt(date.getTime()) * 1000n;
}
