import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../files/has-code.js';
import type { ServerConnection } from '../model/server-connection.js';
import { copiedClusterSettings } from '../postgres/recovery-settings.js';
import { serveCluster, type ServeContext, type ServedCluster } from '../postgres/serve-cluster.js';

/** Settings of ALTER SYSTEM: no option leaves them unread, and they name files and servers of the real one. */
const ALTERED_SETTINGS = 'postgresql.auto.conf';

/** Where everything of a recovery lies. */
export function locateRecovery(directory: string) {
  return {
    dataDirectory: join(directory, 'data'),
    artifacts: join(directory, 'artifacts'),
    settings: join(directory, 'settings'),
  };
}

/** What serves a recovered data directory. */
export interface RecoveredCluster {
  /** See {@link locateRecovery}. */
  directory: string;
  /** Its superuser of old. */
  superuser: string;
  binDirectory: string;
}

/** Any database of a server has it, whatever was dropped. */
export const MAINTENANCE_DATABASE = 'template1';

/**
 * Runs a server on the data directory of a recovery, with settings of ours over none of its own, see
 * {@link serveCluster}. The files of its own configuration stay as they are.
 *
 * @param settings - beside those that a copy is always run with
 */
export async function serveRecovered<T>(
  { directory, superuser, binDirectory }: RecoveredCluster,
  { settings = {}, onLog }: Partial<Pick<ServedCluster, 'settings' | 'onLog'>>,
  context: ServeContext,
  use: (server: ServerConnection, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { dataDirectory, settings: ownFiles } = locateRecovery(directory);
  const [configFile, hbaFile] = [`${ownFiles}.conf`, `${ownFiles}.hba.conf`];
  await writeFile(configFile, '');
  await writeFile(hbaFile, 'local all all trust\n');
  await setAside(dataDirectory, `${ownFiles}.auto.conf`);
  return serveCluster(
    {
      dataDirectory,
      user: superuser,
      settings: { ...copiedClusterSettings({ configFile, hbaFile }), ...settings },
      ...(onLog && { onLog }),
    },
    binDirectory,
    context,
    use,
  );
}

async function setAside(dataDirectory: string, aside: string): Promise<void> {
  await rename(join(dataDirectory, ALTERED_SETTINGS), aside).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

/** Puts back what {@link serveRecovered} took out of the data directory. */
export async function restoreOwnSettings(directory: string): Promise<void> {
  const { dataDirectory, settings } = locateRecovery(directory);
  await rename(`${settings}.auto.conf`, join(dataDirectory, ALTERED_SETTINGS)).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}
