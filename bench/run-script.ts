import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { bucket } from '../tools/demo/store-servers.js';
import { programEnvironment } from './program-environment.js';
import type { BenchSystem } from './with-system.js';

const script = fileURLToPath(new URL('temponest-script.sh', import.meta.url));

/** TempoNest's script, ready to run. */
export interface ScriptSide {
  /** One night: every database, then the copy to the store. */
  run(): Promise<void>;
  /** Removes the night's local files. */
  tidy(): Promise<void>;
}

/** Prepares TempoNest's script with the same key and store as the system's own. */
export async function prepareScript(system: BenchSystem, databases: readonly string[]): Promise<ScriptSide> {
  const directory = join(system.directory, 'script');
  const keyring = join(system.directory, 'script-gnupg');
  await mkdir(keyring, { mode: 0o700 });
  await execa('gpg', ['--homedir', keyring, '--batch', '--quiet', '--import', system.key.publicKeysFile]);
  const env = { ...programEnvironment(system.postgres), GNUPGHOME: keyring };
  await mkdir(directory);
  return {
    async run() {
      await execa(script, [directory, system.key.fingerprint, ...databases], { env, stdin: 'ignore' });
      await copyToStore(system, directory);
    },
    async tidy() {
      await rm(directory, { recursive: true });
      await mkdir(directory);
    },
  };
}

/** What `aws s3 sync` does with new files, without the second that Python takes to start. */
async function copyToStore({ s3 }: BenchSystem, directory: string): Promise<void> {
  const client = new S3Client({
    ...{ endpoint: s3.endpoint, region: s3.region, forcePathStyle: true },
    credentials: { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey },
  });
  try {
    for (const file of await readdir(directory)) {
      const path = join(directory, file);
      const { size } = await stat(path);
      const Body = createReadStream(path);
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: `script/${file}`, Body, ContentLength: size }),
      );
    }
  } finally {
    client.destroy();
  }
}
