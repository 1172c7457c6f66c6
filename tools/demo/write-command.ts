import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/client/main.js', import.meta.url));

/**
 * Writes a command `temponest-backups` that is this checkout's build with a configuration and a Temporal server. An
 * exported `TEMPORAL_ADDRESS` wins over the latter: so the loss of Temporal is played.
 *
 * @returns its path
 */
export async function writeCommand(
  directory: string,
  { configurationFile, temporalAddress }: { configurationFile: string; temporalAddress: string },
): Promise<string> {
  const path = join(directory, 'temponest-backups');
  const script = `#!/bin/sh
TEMPONEST_BACKUPS_CONFIG=${quote(configurationFile)}
TEMPORAL_ADDRESS=\${TEMPORAL_ADDRESS:-${quote(temporalAddress)}}
export TEMPONEST_BACKUPS_CONFIG TEMPORAL_ADDRESS
exec ${quote(main)} "$@"
`;
  await writeFile(path, script, { mode: 0o755 });
  return path;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
