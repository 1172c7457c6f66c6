/** Somebody wants this process to stop: Ctrl-C, a terminal that closed, or the system. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

let interruption: Promise<never> | undefined;

/** Rejects once this process is asked to stop, which from the first call on no longer ends it by itself. */
export function interrupted(): Promise<never> {
  interruption ??= new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        reject(new Interrupted(`Stopped by ${signal}`));
      });
    }
  });
  return interruption;
}
