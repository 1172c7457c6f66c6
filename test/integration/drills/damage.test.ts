import { copyFile, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reasonsOf } from '../../../src/model/drill-verdict.js';
import type { DrilledBackup } from '../../../src/model/drill.js';
import { manifestKey, type BackupSubject } from '../../../src/model/keys.js';
import type { DatabaseManifest, Manifest } from '../../../src/model/manifest.js';
import { startPostgres, type PostgresServer } from '../../../tools/servers/postgres.js';
import { makeGpgHome } from '../../support/gpg-home.js';
import { makeScratchDirectory } from '../../support/scratch-directory.js';
import { makeDrillSystem, SERVER, type DrillSystem } from './drill-system.js';

let source: PostgresServer;

beforeAll(async () => {
  source = await startPostgres();
  await source.query('postgres', 'CREATE ROLE agent');
  for (const database of ['agentic', 'other']) {
    await source.query('postgres', `CREATE DATABASE ${database} OWNER agent`);
    await source.query(database, 'CREATE TABLE agents (id int PRIMARY KEY, name text)');
    await source.query(
      database,
      `INSERT INTO agents SELECT i, '${database} ' || i FROM generate_series(1, 2000) i`,
    );
  }
});

afterAll(() => source.stop());

const subject: BackupSubject = { kind: 'database', server: SERVER, database: 'agentic' };

/** Backups of the globals and of two databases that hold tables of the same name and size. */
async function prepare(): Promise<{ system: DrillSystem; manifest: Manifest; artifact: string }> {
  const system = await makeDrillSystem();
  await system.backUp(source);
  await system.backUp(source, 'other');
  const manifest = await system.backUp(source, 'agentic');
  return { system, manifest, artifact: join(system.storeDirectory, manifest.artifact.key) };
}

/** Drills the backup that was damaged, after that of the globals, which must come through. */
async function drillDamaged(
  system: DrillSystem,
  options: Partial<Parameters<DrillSystem['drill']>[0]> = {},
): Promise<DrilledBackup> {
  const { binDirectory } = source;
  const { backups } = await system.drill({ databases: ['agentic'], binDirectory, ...options });
  expect(backups.find(({ database }) => database === undefined)!.verdict).toBe('proven');
  return backups.find(({ database }) => database === 'agentic')!;
}

function expectFault(backup: DrilledBackup, rung: string, verdict: string, reason: RegExp): void {
  expect({ verdict: backup.verdict, rung: backup.rungs.at(-1)!.rung, why: reasonsOf(backup) }).toEqual({
    verdict,
    rung,
    why: [expect.stringMatching(reason)],
  });
}

/** Puts another manifest in the place of a backup's own, which no store would let anybody do. */
async function rewriteManifest(
  { storeDirectory }: DrillSystem,
  manifest: Manifest,
  change: (manifest: DatabaseManifest) => void,
): Promise<void> {
  const changed = structuredClone(manifest) as DatabaseManifest;
  change(changed);
  await writeFile(join(storeDirectory, manifestKey(subject, manifest.id)), JSON.stringify(changed));
}

it('proves what is whole', async () => {
  const { system } = await prepare();
  const checks = { agentic: ['SELECT count(*) = 2000 FROM agents'] };
  const proven = await drillDamaged(system, { checks });
  expect(proven.rungs).toEqual(
    ['artifact', 'unpack', 'restore', 'inventory', 'amcheck', 'checks'].map((rung) => ({
      ...{ rung, outcome: 'passed', seconds: 1, said: [] },
    })),
  );
});

it('names a flipped byte', async () => {
  const { system, artifact } = await prepare();
  const file = await open(artifact, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 1000);
  await file.write(Buffer.from([byte[0]! ^ 1]), 0, 1, 1000);
  await file.close();
  expectFault(await drillDamaged(system), 'artifact', 'failed', /has other content than was stored/);
});

it('goes on with the other databases', async () => {
  const { system, artifact } = await prepare();
  await truncate(artifact, 1000);
  const databases = ['agentic', 'other'];
  const { backups } = await system.drill({ databases, binDirectory: source.binDirectory });
  expect(backups.map(({ verdict }) => verdict)).toEqual(['proven', 'failed', 'proven']);
});

it('names a truncated artifact', async () => {
  const { system, artifact } = await prepare();
  await truncate(artifact, 1000);
  expectFault(await drillDamaged(system), 'artifact', 'failed', /is cut short: 1000 bytes instead of \d+/);
});

it('names the artifact of another database in its place', async () => {
  const { system, artifact } = await prepare();
  await copyFile(artifact.replaceAll('agentic', 'other'), artifact);
  expectFault(
    await drillDamaged(system),
    'artifact',
    'failed',
    /agentic_.*(has other content than was stored|is another file|is cut short)/,
  );
});

it('names the artifact of another database even where the manifest vouches for it', async () => {
  const { system, manifest } = await prepare();
  const other = JSON.parse(
    await readFile(
      join(system.storeDirectory, manifestKey(subject, manifest.id).replaceAll('agentic', 'other')),
      'utf8',
    ),
  ) as Manifest;
  await rewriteManifest(system, manifest, (changed) => {
    changed.artifact = other.artifact;
    // As many bytes in as many tables: only the restore can tell.
    (other as DatabaseManifest).inventory.tables.forEach(({ bytes }, index) => {
      changed.inventory.tables[index]!.bytes = bytes;
    });
  });
  expectFault(
    await drillDamaged(system),
    'inventory',
    'failed',
    /table "public"."agents" has as many rows and bytes, but other data/,
  );
});

it('names a manifest in which a row count was changed', async () => {
  const { system, manifest } = await prepare();
  await rewriteManifest(system, manifest, ({ inventory }) => void inventory.tables[0]!.rows++);
  expectFault(
    await drillDamaged(system),
    'inventory',
    'failed',
    /table "public"."agents" has 2000 rows instead of 2001/,
  );
});

it('names a missing artifact', async () => {
  const { system, artifact } = await prepare();
  await rm(artifact);
  expectFault(await drillDamaged(system), 'artifact', 'failed', /is missing from store "primary"/);
});

it('names a database that has no backup', async () => {
  const { system, manifest } = await prepare();
  await rm(join(system.storeDirectory, manifestKey(subject, manifest.id)));
  expectFault(await drillDamaged(system), 'artifact', 'failed', /holds no backup of database agentic/);
});

it('names a manifest that nobody can read', async () => {
  const { system, manifest } = await prepare();
  await writeFile(join(system.storeDirectory, manifestKey(subject, manifest.id)), '{');
  expectFault(await drillDamaged(system), 'artifact', 'failed', /is not JSON/);
});

it('names a wrong key, which says nothing of the backup', async () => {
  await using right = await makeGpgHome('right@example.com');
  await using wrong = await makeGpgHome('wrong@example.com');
  const scratch = await makeScratchDirectory();
  const publicKeysFile = join(scratch, 'public.asc');
  await right.exportPublicKeys(publicKeysFile);
  const privateKeysFile = join(scratch, 'private.asc');
  await writeFile(privateKeysFile, await wrong.gpg('--armor', '--export-secret-keys'), { mode: 0o600 });
  const system = await makeDrillSystem();
  await system.backUp(source);
  await system.backUp(source, 'agentic', { fingerprint: right.fingerprint, publicKeysFile });

  const locked = await drillDamaged(system, { privateKeys: { privateKeysFile } });
  expectFault(locked, 'unpack', 'notProvable', new RegExp(`is encrypted to ${right.fingerprint}.*private`));

  await writeFile(privateKeysFile, await right.gpg('--armor', '--export-secret-keys'));
  expect((await drillDamaged(system, { privateKeys: { privateKeysFile } })).verdict).toBe('proven');
});

it('tells a locale that this worker lacks from a bad backup', async () => {
  const { system, manifest } = await prepare();
  await rewriteManifest(system, manifest, (changed) => {
    changed.collation = changed.characterType = 'xx_XX.utf8';
  });
  expectFault(await drillDamaged(system), 'restore', 'notProvable', /xx_XX\.utf8/);
});
