import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { installTemporal } from '../../tools/install/install-temporal.js';
import type { BackupSystem } from './backup-system.js';

const main = join(import.meta.dirname, '..', '..', 'dist', 'client', 'main.js');

/** Where a person works through a page, with the programs that pages name and psql's environment. */
export interface OperatorsDesk {
  directory: string;
  environment: Record<string, string>;
  /** Runs commands with `sh -e`, and answers with all that they print. */
  run: (commands: string) => Promise<string>;
}

/** Makes a directory of the system's own and a `temponest-backups` that runs the built program. */
export async function makeOperatorsDesk(system: BackupSystem): Promise<OperatorsDesk> {
  const { scratch, postgres, configurationFile } = system;
  const directory = join(scratch, 'desk');
  const programs = join(scratch, 'desk-programs');
  for (const made of [directory, programs]) await mkdir(made);
  const program = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
  await writeFile(join(programs, 'temponest-backups'), program, { mode: 0o755 });
  const directories = [programs, dirname(await installTemporal()), postgres.binDirectory];
  const environment = {
    ...system.environment,
    PATH: [...directories, system.environment.PATH!].join(':'),
    TEMPONEST_BACKUPS_CONFIG: configurationFile,
    ...{ PGHOST: postgres.host, PGPORT: String(postgres.port) },
    ...{ PGUSER: postgres.user, PGPASSWORD: postgres.password },
  };
  const options = { cwd: directory, env: environment, extendEnv: false, stdin: 'ignore', all: true } as const;
  return {
    directory,
    environment,
    run: async (commands) => (await execa('sh', ['-e', '-c', commands], options)).all,
  };
}
