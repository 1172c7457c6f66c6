import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { expect } from 'vitest';
import type { DatabaseManifest, DatabaseSetting, Manifest } from '../../../src/model/manifest.js';
import type { Store } from '../../../src/stores/store.js';
import type { PostgresServer } from '../../../tools/servers/postgres.js';
import type { GpgHome } from '../../support/gpg-home.js';

const signal = new AbortController().signal;

/**
 * Fetches a backup's artifact, decrypts it and decompresses it, with nothing but what the manifest says.
 *
 * @returns the path of the tar file, or of the globals' SQL, in `directory`
 */
export async function fetchArtifact(
  store: Store,
  { artifact }: Manifest,
  directory: string,
  key?: GpgHome,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  let file = join(directory, 'artifact');
  await pipeline(await store.openRead(artifact.key, signal), createWriteStream(file));
  if (artifact.encryption.method === 'gpg') {
    await key!.decrypt(file, `${file}.plain`);
    file = `${file}.plain`;
  }
  const content = join(directory, 'content');
  await execa(artifact.codec, ['--decompress', '--stdout'], {
    stdin: { file },
    stdout: { file: content },
  });
  return content;
}

/** How CREATE DATABASE makes the database that a backup was made of, under another name. */
function createStatement(manifest: DatabaseManifest, name: string): string {
  const { encoding, collation, characterType, localeProvider, locale, owner } = manifest;
  const provider =
    localeProvider === 'icu'
      ? `LOCALE_PROVIDER icu ICU_LOCALE ${escapeLiteral(locale!)}`
      : 'LOCALE_PROVIDER libc';
  return (
    `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE template0 OWNER ${escapeIdentifier(owner)}` +
    ` ENCODING ${escapeLiteral(encoding)} ${provider}` +
    ` LC_COLLATE ${escapeLiteral(collation)} LC_CTYPE ${escapeLiteral(characterType)}`
  );
}

/** What ALTER DATABASE and ALTER ROLE … IN DATABASE had set, in a session's own values first: lists need no quoting then. */
async function applySettings(server: PostgresServer, database: string, settings: readonly DatabaseSetting[]) {
  for (const { role, setting } of settings) {
    const [name, value] = splitOnce(setting);
    const whose = role === null ? 'DATABASE' : `ROLE ${role} IN DATABASE`;
    await server.query(
      'postgres',
      `SELECT set_config(${escapeLiteral(name)}, ${escapeLiteral(value)}, false);
       ALTER ${whose} ${escapeIdentifier(database)} SET ${escapeIdentifier(name)} FROM CURRENT`,
    );
  }
}

function splitOnce(setting: string): [name: string, value: string] {
  const at = setting.indexOf('=');
  return [setting.slice(0, at), setting.slice(at + 1)];
}

/**
 * Restores a backup into a new database of a server of the same major version, on which its roles exist. Nothing that
 * pg_restore says is let pass.
 */
export async function restoreBackup(
  store: Store,
  manifest: DatabaseManifest,
  target: { server: PostgresServer; database: string; directory: string; key?: GpgHome | undefined },
): Promise<void> {
  const { server, database, directory, key } = target;
  const tar = await fetchArtifact(store, manifest, directory, key);
  const archive = join(directory, 'archive');
  await mkdir(archive);
  await execa('tar', ['--extract', `--file=${tar}`, `--directory=${archive}`]);
  await server.query('postgres', createStatement(manifest, database));
  const { exitCode, stderr } = await execa(
    join(server.binDirectory, 'pg_restore'),
    ['--exit-on-error', '--no-password', '--jobs=2', `--dbname=${database}`, archive],
    {
      env: {
        PGHOST: server.host,
        PGPORT: String(server.port),
        PGUSER: server.user,
        PGPASSWORD: server.password,
      },
      reject: false,
    },
  );
  expect({ database: manifest.database, exitCode, stderr }).toEqual({
    database: manifest.database,
    exitCode: 0,
    stderr: '',
  });
  const settings = await readFile(join(archive, 'database-settings.json'), 'utf8');
  await applySettings(server, database, JSON.parse(settings) as DatabaseSetting[]);
  await rm(directory, { recursive: true, force: true });
}
