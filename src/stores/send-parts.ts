import { choosePartConcurrency, choosePartSize } from './part-size.js';
import { readSource } from './source.js';
import type { Source, TransferOptions } from './store.js';

/**
 * Cuts `file` into parts of {@link choosePartSize} and sends several at a time, reading the file once from its start.
 * Holds one buffer per part in flight and nothing else of the file.
 *
 * @param sendPart - sends one part, numbered from 0, unless the store has it; `content` is its own until it resolves
 * @returns what `sendPart` answered, in the order of the parts
 * @throws OperationError `ArtifactDamaged`, after the last part, when the file does not have its digest
 */
export async function sendParts<T>(
  file: Source,
  sendPart: (index: number, content: Buffer, signal: AbortSignal) => Promise<T>,
  { signal, onProgress }: TransferOptions,
): Promise<T[]> {
  const partBytes = choosePartSize(file.bytes);
  const lanes = Array.from(
    { length: Math.min(choosePartConcurrency(partBytes), Math.ceil(file.bytes / partBytes)) },
    () => ({ buffer: Buffer.allocUnsafeSlow(partBytes), sent: Promise.resolve() }),
  );
  const laneOf = (index: number) => lanes[index % lanes.length]!;
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const answers: T[] = [];
  let bytesDone = 0;

  async function send(index: number, content: Buffer): Promise<void> {
    answers[index] = await sendPart(index, content, stop);
    bytesDone += content.length;
    onProgress(bytesDone);
  }

  try {
    let index = 0;
    const nextBuffer = async (): Promise<Buffer> => {
      await laneOf(index).sent;
      return laneOf(index).buffer;
    };
    for await (const content of readSource(file, nextBuffer, stop)) {
      const sent = send(index, content);
      // The first failure ends the other parts, which then reject with it too.
      sent.catch((error: unknown) => failure.abort(error));
      laneOf(index++).sent = sent;
    }
    await Promise.all(lanes.map(({ sent }) => sent));
    return answers;
  } catch (error) {
    failure.abort(error);
    throw error;
  } finally {
    await Promise.allSettled(lanes.map(({ sent }) => sent));
  }
}
