import type { Stoppable } from '../servers/server-directory.js';

/** What was started, to be ended in reverse order; also what is still starting when the end is called for. */
export class Started {
  readonly #starts: Promise<Stoppable>[] = [];
  #isEnding = false;

  /**
   * Starts something and remembers to end it.
   *
   * @throws Error once `end()` was called: what came up meanwhile is ended there
   */
  async add<T extends Stoppable>(start: () => Promise<T>): Promise<T> {
    if (this.#isEnding) throw new Error('Nothing is started any more.');
    const starting = start();
    this.#starts.push(starting);
    return await starting;
  }

  /** Ends everything. One that cannot be ended does not keep the others; the first failure is thrown at the end. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const failures: unknown[] = [];
    for (const starting of this.#starts.splice(0).reverse()) {
      const running = await starting.catch(() => undefined); // who started it was told
      await running?.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
