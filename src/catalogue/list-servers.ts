import { parseKey } from '../model/keys.js';
import type { Store } from '../stores/store.js';

/** The servers of which a store holds backups, in the order of their names; for whoever has no configuration that says. */
export async function listServers(store: Store, signal: AbortSignal): Promise<string[]> {
  const servers = new Set<string>();
  for (const prefix of ['postgres/', 'globals/'])
    for await (const { key } of store.list(prefix, signal)) {
      const parsed = parseKey(key);
      if (parsed?.part === 'manifest') servers.add(parsed.subject.server);
    }
  return [...servers].sort();
}
