import { pino, stdSerializers, type Logger } from 'pino';
import { redactedJson } from './redaction.js';

export type { Logger };

/** A logger that writes one JSON object a line to standard error, every line redacted. */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      serializers: { error: stdSerializers.err },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    { write: (line: string) => void process.stderr.write(`${redactedJson(JSON.parse(line))}\n`) },
  );
}
