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
  const dumper = plan.subject.kind === 'database' ? 'pg_dump' : 'pg_dumpall';
  const files: Record<string, string> = {
    [dumper]: await locateClient(dumper, plan.major, directories, signal),
    [plan.compression.method]: await locateProgram(plan.compression.method, directories),
    ...(plan.encryption.method === 'gpg' ? { gpg: await locateProgram('gpg', directories) } : {}),
  };
  const versions: Record<string, string> = {};
  for (const [name, file] of Object.entries(files))
    versions[name] = firstLine(await runProgram({ file, args: ['--version'] }, { signal }));
  return versions;
}
