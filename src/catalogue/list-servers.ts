import { parseKey } from '../model/keys.js';
import { parseBaseKey } from '../model/physical-keys.js';
import type { Store } from '../stores/store.js';

/**
 * The servers of which a store holds backups, of databases, of the globals or base backups, in the order of their names; for
 * whoever has no configuration that says.
 */
export async function listServers(store: Store, signal: AbortSignal): Promise<string[]> {
  const servers = new Set<string>();
  for (const prefix of ['postgres/', 'globals/', 'base/'])
    for await (const { key } of store.list(prefix, signal)) {
      const [logical, physical] = [parseKey(key), parseBaseKey(key)];
      if (logical?.part === 'manifest') servers.add(logical.subject.server);
      if (physical?.part === 'manifest') servers.add(physical.cluster.server);
    }
  return [...servers].sort();
}
