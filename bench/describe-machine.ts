import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { basename, dirname } from 'node:path';
import { execa } from 'execa';
import { choosePostgres } from '../tools/demo/choose-postgres.js';
import { installMinio } from '../tools/install/install-minio.js';
import { installPostgres } from '../tools/install/install-postgres.js';
import { installTemporal } from '../tools/install/install-temporal.js';

/** What this machine is and which programs were measured, a line each. */
export async function describeMachine(): Promise<string[]> {
  const { binDirectory } = await installPostgres(choosePostgres().major);
  const [processor] = cpus();
  return [
    `${cpus().length} × ${processor?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB of memory`,
    `${await readDistribution()}, Linux ${release()}, Node ${process.versions.node}`,
    await firstLine(`${binDirectory}/postgres`),
    await firstLine('zstd'),
    await firstLine('gzip'),
    await firstLine('pigz'),
    await firstLine('gpg'),
    await firstLine(await installTemporal()),
    await describeMinio(),
  ];
}

async function firstLine(program: string): Promise<string> {
  const { stdout } = await execa(program, ['--version'], { stdin: 'ignore' });
  return stdout.split('\n')[0]!.replaceAll('*', '').trim();
}

/** One built by `go install` does not know its own version; its directory in the cache does. */
async function describeMinio(): Promise<string> {
  const program = await installMinio();
  const version = await firstLine(program);
  return version.includes('DEVELOPMENT') ? basename(dirname(program)) : version;
}

async function readDistribution(): Promise<string> {
  const facts = await readFile('/etc/os-release', 'utf8');
  return /^PRETTY_NAME="(.*)"$/m.exec(facts)?.[1] ?? 'Linux';
}
