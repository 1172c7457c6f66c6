import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { locateClient, locateServerPrograms } from '../../src/postgres/locate-client.js';
import { makeScratchDirectory } from '../support/scratch-directory.js';

const signal = new AbortController().signal;

/** Directories with a pg_dump that says each of these versions. */
async function install(...versions: string[]): Promise<string[]> {
  const scratch = await makeScratchDirectory();
  return Promise.all(
    versions.map(async (version, index) => {
      const directory = join(scratch, String(index));
      await mkdir(directory);
      const file = join(directory, 'pg_dump');
      await writeFile(file, `#!/bin/sh\necho 'pg_dump (PostgreSQL) ${version}'\n`);
      await chmod(file, 0o755);
      return directory;
    }),
  );
}

it.each([
  ['97.4 (Debian 97.4-1.pgdg120+1)', 97],
  ['98.16', 98],
  ['98devel', 98],
  ['98beta2', 98],
  ['98rc1', 98],
])('takes %s for major version %i', async (version, major) => {
  const directories = await install('96.1', version, `${major}.0`);
  const found = await locateClient('pg_dump', major, directories, signal);
  expect(found).toBe(join(directories[1]!, 'pg_dump'));
});

it('says what it found instead, and how to install the right one', async () => {
  const directories = await install('99.1', '96.3');
  await expect(locateClient('pg_dump', 98, directories, signal)).rejects.toMatchObject({
    type: 'ProgramMissing',
    message:
      `pg_dump of PostgreSQL 98, the server's version, is not installed on this worker (${directories[0]}/pg_dump is 99, ${directories[1]}/pg_dump is 96); ` +
      'run: apt-get install postgresql-client-98, or set programDirectories in backups.yaml.',
  });
});

it('names the package of the server where its own programs are missing', async () => {
  await expect(locateServerPrograms(98, [], signal)).rejects.toMatchObject({
    type: 'ProgramMissing',
    message: expect.stringContaining('apt-get install postgresql-98,') as string,
  });
});
