import { auditPrefix } from '../model/audit.js';
import { drillPrefix, serverPrefixes, verificationPrefix } from '../model/keys.js';
import { serverBasePrefix, serverWalPrefix } from '../model/physical-keys.js';
import type { Store, StoredObject } from '../stores/store.js';

/**
 * Lists everything in a store that a recovery of a server may need, or those who ask about it: backups, base backups,
 * WAL, and the reports and audit events about them.
 */
export async function listObjects(
  store: Store,
  server: string,
  signal: AbortSignal,
): Promise<Map<string, StoredObject>> {
  const prefixes = [
    ...serverPrefixes(server),
    serverBasePrefix(server),
    serverWalPrefix(server),
    drillPrefix(server),
    verificationPrefix(server),
    auditPrefix,
  ];
  const objects = new Map<string, StoredObject>();
  for (const prefix of prefixes)
    for await (const object of store.list(prefix, signal)) objects.set(object.key, object);
  return objects;
}
