import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceFile } from '../../../src/stores/store.js';

/** A file to be stored, with its content. */
export interface TestFile extends SourceFile {
  content: Buffer;
}

/** Makes files of random bytes in a directory of their own, removed at the end. */
export async function makeSourceFiles(): Promise<
  { make: (bytes: number | Buffer) => Promise<TestFile> } & AsyncDisposable
> {
  const directory = await mkdtemp(join(tmpdir(), 'temponest-sources-'));
  let made = 0;
  return {
    async make(bytes) {
      const content = typeof bytes === 'number' ? randomBytes(bytes) : bytes;
      const path = join(directory, `source-${(made += 1)}`);
      await writeFile(path, content);
      return { path, bytes: content.length, sha256: digest(content), content };
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** SHA-256, lower-case hex. */
function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
