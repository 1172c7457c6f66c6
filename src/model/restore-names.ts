import { formatTime } from './names.js';

/** Bytes of a name; PostgreSQL cuts longer ones silently. */
const NAME_BYTES = 63;

/** What a database restored beside the live one is called: `<database>_restored_<YYYYMMDD>_<HHMMSS>`, UTC. */
export function restoredName(database: string, time: Date): string {
  return withSuffix(database, `_restored_${formatTime(time)}`);
}

/** What a replaced database is called from then on: `<database>_before_<YYYYMMDD>_<HHMMSS>`, UTC. */
export function replacedName(database: string, time: Date): string {
  return withSuffix(database, `_before_${formatTime(time)}`);
}

/** Whether a name is one that {@link restoredName} or {@link replacedName} gives for a database. */
export function isNamedAfter(name: string, database: string): boolean {
  const parts = /^(.*)_(restored|before)_(\d{8}_\d{6})$/s.exec(name);
  if (!parts) return false;
  const [, , what, time] = parts;
  return name === withSuffix(database, `_${what}_${time}`);
}

/** The suffix is always whole; of a long name as many characters are kept as fit before it. */
function withSuffix(database: string, suffix: string): string {
  const encoder = new TextEncoder();
  let kept = '';
  for (const character of database) {
    if (encoder.encode(kept + character + suffix).length > NAME_BYTES) break;
    kept += character;
  }
  return kept + suffix;
}
