import type { BackupPlan } from '../model/plan.js';
import { locateClient } from '../postgres/locate-client.js';
import { locateProgram } from '../programs/locate-program.js';
import { runProgram } from '../programs/run-program.js';

const firstLine = (text: string) => text.split('\n')[0]!.trim();

/** What each program that made a backup says of its version. */
export async function programVersions(
  plan: BackupPlan,
  directories: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const client = plan.subject.kind === 'database' ? 'pg_dump' : 'pg_dumpall';
  return versionsOf({ ...plan, client }, directories, signal);
}

/**
 * What a client program of PostgreSQL, the compressor and gpg say of their versions.
 *
 * @param client - the program of the server's major version that took the data
 */
export async function versionsOf(
  {
    client,
    major,
    compression,
    encryption,
  }: Pick<BackupPlan, 'major' | 'compression' | 'encryption'> & { client: string },
  directories: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {
    [client]: await locateClient(client, major, directories, signal),
    [compression.method]: await locateProgram(compression.method, directories),
    ...(encryption.method === 'gpg' ? { gpg: await locateProgram('gpg', directories) } : {}),
  };
  const versions: Record<string, string> = {};
  for (const [name, file] of Object.entries(files))
    versions[name] = firstLine(await runProgram({ file, args: ['--version'] }, { signal }));
  return versions;
}
