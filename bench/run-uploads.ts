import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { digestFile } from '../src/archive/digest-file.js';
import type { SourceFile } from '../src/stores/store.js';
import type { S3Server } from '../tools/servers/s3.js';
import { time } from './statistics.js';
import type { UploadMeasurement, UploadTask } from './upload-process.js';

const MIB = 1024 ** 2;

/** A file that cannot be compressed, in a directory of its own. */
export async function makeFile(
  bytes: number,
): Promise<{ file: SourceFile; directory: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'tb-upload-'));
  const path = join(directory, 'file');
  const handle = await open(path, 'w');
  // Different in every MiB, so that no store finds two parts alike.
  const block = randomBytes(MIB);
  for (let index = 0; index < bytes / MIB; index++) {
    block.writeUInt32LE(index);
    await handle.write(block);
  }
  await handle.close();
  const { signal } = new AbortController();
  return {
    file: { path, ...(await digestFile(path, signal, () => undefined)) },
    directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Uploads with our store, in a process of its own. */
export async function runOurUpload(task: UploadTask): Promise<UploadMeasurement> {
  const script = fileURLToPath(new URL('upload-process.ts', import.meta.url));
  const { stdout } = await execa('node', ['--import', 'tsx', script], { input: JSON.stringify(task) });
  return JSON.parse(stdout.split('\n').at(-1)!) as UploadMeasurement;
}

/** Uploads with Amazon's own client, in parts of the same size and as many at a time. @returns seconds */
export async function runAwsUpload(
  packages: string,
  { endpoint, region, accessKeyId, secretAccessKey }: S3Server,
  { path }: SourceFile,
  { directory, target }: { directory: string; target: string },
): Promise<number> {
  const configuration = join(directory, 'aws-config');
  const settings = ['max_concurrent_requests = 4', 'multipart_threshold = 8MB', 'multipart_chunksize = 8MB'];
  await writeFile(
    configuration,
    `[default]\nregion = ${region}\ns3 =\n  addressing_style = path\n  ${settings.join('\n  ')}\n`,
  );
  return await time(() =>
    execa(
      'python3',
      ['-m', 'awscli', 's3', 'cp', '--only-show-errors', '--endpoint-url', endpoint, path, target],
      {
        env: {
          PYTHONPATH: packages,
          AWS_CONFIG_FILE: configuration,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
        },
      },
    ),
  );
}
