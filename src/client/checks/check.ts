import { describeError } from '../report-error.js';

/** What one check found. */
export interface Finding {
  check: string;
  outcome: 'ok' | 'warning' | 'fault';
  /** For people: what is there, or what is wrong and what to do. */
  detail: string;
}

/** One thing to check for real. Anything that `run` throws becomes a fault. */
export interface Check {
  name: string;
  run: (signal: AbortSignal) => Promise<Omit<Finding, 'check'>>;
}

/** How long a check may take, in milliseconds. */
const TIMEOUT = 15_000;

export const ok = (detail: string) => ({ outcome: 'ok' as const, detail });
export const warning = (detail: string) => ({ outcome: 'warning' as const, detail });

/** Runs checks all at once, and answers in their order. */
export async function runChecks(checks: readonly Check[]): Promise<Finding[]> {
  return Promise.all(
    checks.map(async ({ name, run }): Promise<Finding> => {
      const signal = AbortSignal.timeout(TIMEOUT);
      try {
        return { check: name, ...(await run(signal)) };
      } catch (error) {
        const detail = signal.aborted
          ? `No answer within ${TIMEOUT / 1000} s; check the network and the address.`
          : describeError(error).message;
        return { check: name, outcome: 'fault', detail };
      }
    }),
  );
}
