import type { Store } from '../../src/stores/store.js';

export class Killed extends Error {}

/**
 * The store as a process sees it that is killed at its `call`-th call: before the store got it, or after the store did
 * what was asked and before anybody heard of it. Nothing gets through afterwards.
 */
export function killedAtCall(store: Store, call: number, moment: 'before' | 'after'): Store {
  let calls = 0;
  return new Proxy(store, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        calls++;
        if (calls > call || (calls === call && moment === 'before')) throw new Killed();
        const answer = Reflect.apply(member, target, args) as Promise<unknown> | AsyncIterable<unknown>;
        if (calls < call) return answer;
        return Symbol.asyncIterator in answer
          ? dieAtTheEnd(answer)
          : answer.then(() => {
              throw new Killed();
            });
      };
    },
  });
}

async function* dieAtTheEnd(items: AsyncIterable<unknown>): AsyncGenerator {
  yield* items;
  throw new Killed();
}
