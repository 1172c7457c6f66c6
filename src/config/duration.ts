import { z } from 'zod';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86400 } as const;

/** A duration such as `30s`, `5m`, `12h` or `2d`, read as seconds. */
export const duration = z
  .string()
  .regex(/^\d+[smhd]$/, 'expected a duration such as 30s, 5m, 12h or 2d')
  .transform((text) => Number(text.slice(0, -1)) * SECONDS[text.at(-1) as keyof typeof SECONDS]);
