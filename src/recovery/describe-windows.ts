import { findWindows } from '../catalogue/recovery-windows.js';
import { listWal } from '../catalogue/wal-archive.js';
import type { BaseManifest } from '../model/base-manifest.js';
import { formatLsn } from '../model/wal-segment.js';
import type { Store } from '../stores/store.js';

/** What a store can recover a server to, as the end of "reaches …": one window, or several with gaps in between. */
export async function describeWindows(
  store: Store,
  backups: readonly BaseManifest[],
  signal: AbortSignal,
): Promise<string> {
  const clusters = new Map(backups.map((backup) => [backup.systemIdentifier, backup]));
  const described: string[] = [];
  for (const [systemIdentifier, { server }] of clusters) {
    const archive = await listWal(store, { server, systemIdentifier }, signal);
    const own = backups.filter((backup) => backup.systemIdentifier === systemIdentifier);
    for (const { from, to } of findWindows(archive, own))
      described.push(
        `from ${from.time} (LSN ${formatLsn(from.lsn)}) to about ${to.time} (LSN ${formatLsn(to.lsn)})`,
      );
  }
  return described.length === 0 ? 'nowhere, for lack of WAL' : described.join(', and ');
}
