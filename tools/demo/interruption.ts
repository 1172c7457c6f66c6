/** Somebody wants this process to stop: Ctrl-C, a terminal that closed, or the system. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

let interruption: Promise<never> | undefined;
let stoppedBy: NodeJS.Signals | undefined;

/** Rejects once this process is asked to stop, which from the first call on no longer ends it by itself. */
export function interrupted(): Promise<never> {
  interruption ??= new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        stoppedBy = signal;
        reject(new Interrupted(`Stopped by ${signal}`));
      });
    }
  });
  return interruption;
}

/** Whether this process was asked to stop. What was under way then fails or ends, and nobody wants to hear of it. */
export function isInterrupted(): boolean {
  return stoppedBy !== undefined;
}

/** @throws Interrupted once this process was asked to stop */
export function throwIfInterrupted(): void {
  if (stoppedBy) throw new Interrupted(`Stopped by ${stoppedBy}`);
}
