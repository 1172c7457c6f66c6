import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** SHA-256 (lower-case hex) and size in bytes of a file. `onProgress` gets the bytes read so far. */
export async function digestFile(
  path: string,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path, { signal, highWaterMark: 1 << 20 })) {
    hash.update(piece as Buffer);
    bytes += (piece as Buffer).length;
    onProgress(bytes);
  }
  return { sha256: hash.digest('hex'), bytes };
}
