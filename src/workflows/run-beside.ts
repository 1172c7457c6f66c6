import { CancellationScope } from '@temporalio/workflow';

/**
 * Does `work`, and `other` beside it, and answers with what `work` did. When one of them fails the other is cancelled,
 * and has ended before the failure goes on: nothing of either still runs then.
 */
export async function runBeside<T>(other: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  const scope = new CancellationScope();
  return scope.run(async () => {
    const both = [work(), other()] as const;
    try {
      const [result] = await Promise.all(both);
      return result;
    } catch (error) {
      scope.cancel();
      await Promise.allSettled(both);
      throw error;
    }
  });
}
