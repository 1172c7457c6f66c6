import { findBackup } from '../../../src/catalogue/read-manifest.js';
import type { DatabaseManifest, GlobalsManifest } from '../../../src/model/manifest.js';
import type { Store } from '../../../src/stores/store.js';
import { SERVER } from '../../support/backup-system.js';

/** The manifest of a database's newest backup. */
export async function readDatabaseManifest(store: Store, database: string): Promise<DatabaseManifest> {
  const latestOf = { kind: 'database', server: SERVER, database } as const;
  return (await findBackup(store, SERVER, { latestOf }, new AbortController().signal)) as DatabaseManifest;
}

/** The manifest of the globals' newest backup. */
export async function readGlobalsManifest(store: Store): Promise<GlobalsManifest> {
  const latestOf = { kind: 'globals', server: SERVER } as const;
  return (await findBackup(store, SERVER, { latestOf }, new AbortController().signal)) as GlobalsManifest;
}
