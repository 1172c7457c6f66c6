/** Shows a step in the progress while it goes on, and notes how long it took. */
export type TimeStep<Step extends string> = <T>(
  step: Step,
  bytesExpected: number,
  work: () => Promise<T>,
) => Promise<T>;

/**
 * Makes what the steps of one run are timed with.
 *
 * @param progress - kept up to date for the query
 * @returns with it `secondsPerStep`, of the steps that have ended; of one that is taken several times in all
 */
export function timeSteps<Step extends string>(progress: {
  step: unknown;
  bytesExpected: number;
}): {
  time: TimeStep<Step>;
  secondsPerStep: Partial<Record<Step, number>>;
} {
  const secondsPerStep: Partial<Record<Step, number>> = {};
  const time: TimeStep<Step> = async (step, bytesExpected, work) => {
    Object.assign(progress, { step, bytesExpected });
    const begun = Date.now();
    const result = await work();
    secondsPerStep[step] = (secondsPerStep[step] ?? 0) + (Date.now() - begun) / 1000;
    return result;
  };
  return { time, secondsPerStep };
}
