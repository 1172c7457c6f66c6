import { installAwscli } from '../tools/install/install-awscli.js';
import { startAzurite } from '../tools/servers/azurite.js';
import { startFakeGcs } from '../tools/servers/gcs.js';
import { startMinio } from '../tools/servers/minio.js';
import { startGcsWithSessions } from '../test/support/gcs-resumable-sessions.js';
import { renderTable, writeResults } from './results-file.js';
import { makeFile, runAwsUpload, runOurUpload } from './run-uploads.js';
import { spreadOf } from './statistics.js';
import type { UploadMeasurement } from './upload-process.js';

/** What `npm run bench -- upload` can be told. */
export interface UploadBenchOptions {
  /** GiB. */
  size: number;
  rounds: number;
  json: boolean;
}

const MIB = 1024 ** 2;

/** Measures uploads to a local server of each kind, to S3 beside Amazon's own client, and writes RESULTS.md. */
export async function benchUpload({ size, rounds, json }: UploadBenchOptions): Promise<void> {
  const bytes = Math.round(size * 1024) * MIB;
  await using made = await makeFile(bytes);
  const { file, directory } = made;
  const packages = await installAwscli();
  const ours: UploadMeasurement[] = [];
  const aws: number[] = [];
  {
    await using server = await startMinio({ buckets: ['bench'] });
    const { endpoint, region } = server;
    const { accessKeyId, secretAccessKey } = server;
    for (let round = 0; round < rounds; round++) {
      const store = { url: `s3://bench/ours-${round}`, endpoint, region };
      const secrets = { accessKeyId, secretAccessKey };
      ours.push(await runOurUpload({ store, secrets, key: 'file', file }));
      const target = `s3://bench/aws-${round}/file`;
      aws.push(await runAwsUpload(packages, server, file, { directory, target }));
    }
  }
  const azure = await measureAzure(file);
  const gcs = await measureGcs(file);

  const rate = (seconds: number) => bytes / MIB / seconds;
  const ratios = ours.map(({ seconds }, round) => aws[round]! / seconds);
  const memory = Math.max(...ours.map(({ memoryAboveIdle }) => memoryAboveIdle)) / MIB;
  const figures = {
    ours_over_best_client_rate: Number(spreadOf(ratios).median.toFixed(2)),
    memory_above_idle_mib: Math.ceil(memory),
    azure_mib_per_second: Math.round(rate(azure.seconds)),
    azure_memory_above_idle_mib: Math.ceil(azure.memoryAboveIdle / MIB),
    gcs_mib_per_second: Math.round(rate(gcs.seconds)),
    gcs_memory_above_idle_mib: Math.ceil(gcs.memoryAboveIdle / MIB),
  };
  const row = (name: string, seconds: number[], above?: number) => [
    name,
    String(Math.round(rate(spreadOf(seconds).median))),
    above === undefined ? '' : String(Math.ceil(above / MIB)),
  ];
  const table = renderTable([
    ['upload', 'MiB/s', 'MiB above idle'],
    row(
      'ours, MinIO',
      ours.map(({ seconds }) => seconds),
      memory * MIB,
    ),
    row('aws s3 cp, MinIO', aws),
    row('ours, Azurite', [azure.seconds], azure.memoryAboveIdle),
    row('ours, fake-gcs-server behind resumable sessions', [gcs.seconds], gcs.memoryAboveIdle),
  ]);
  const text = `A file of ${bytes / MIB} MiB that cannot be compressed, in parts of 8 MiB, four at a time; server and client share the machine. Ours computes a SHA-256 of every part and of the whole; \`aws\`, of PyPI, starts Python each time. Over S3 ours had ${figures.ours_over_best_client_rate} × the rate of \`aws\`.`;
  await writeResults(
    'upload',
    `npm run bench -- upload --size ${size} --rounds ${rounds}`,
    `${text}\n\n${table}`,
  );
  if (json) console.log(JSON.stringify(figures));
}

async function measureAzure(file: Parameters<typeof runOurUpload>[0]['file']): Promise<UploadMeasurement> {
  await using server = await startAzurite({ containers: ['bench'] });
  const secrets = { connectionString: server.connectionString };
  return await runOurUpload({ store: { url: 'azure://bench/ours' }, secrets, key: 'file', file });
}

async function measureGcs(file: Parameters<typeof runOurUpload>[0]['file']): Promise<UploadMeasurement> {
  await using server = await startFakeGcs({ buckets: ['bench'] });
  await using sessions = await startGcsWithSessions(server.endpoint);
  const store = { url: 'gs://bench/ours', endpoint: sessions.endpoint };
  return await runOurUpload({ store, secrets: {}, key: 'file', file });
}
