import { condition, defineSignal, setHandler, sleep } from '@temporalio/workflow';

/** What a person says to an agent. */
export const answer = defineSignal<[text: string]>('answer');

/** An agent that has thought for a while and now waits for a person. */
export async function ask(question: string): Promise<string> {
  let said: string | undefined;
  setHandler(answer, (text) => {
    said = text;
  });
  await sleep('1 second');
  await condition(() => said !== undefined);
  return `${question} ${said!}`;
}

/** An agent that is done at once. */
export async function greet(name: string): Promise<string> {
  return Promise.resolve(`Hello ${name}`);
}
